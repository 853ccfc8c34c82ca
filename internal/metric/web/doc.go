// Package web calls a URL and reads its JSON.
//
// Read Provider first, then reading (what an answer becomes).
//
// Plain net/http by way of package call; the path into the JSON is Kubernetes' own JSONPath, as users know it from kubectl. Conditions
// are judged in package analysis.
package web
