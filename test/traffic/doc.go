// Package traffic sends real requests through real proxies while Kanari moves shares, and counts what came back.
//
// Read Proxy first: a Traefik in a pod of the lab, which knows of Kanari's work only what the API server tells everybody. A Stage is a
// Rollout and what can happen to it, for package mesh too; a Shop puts it behind a Proxy. A Load sends at a constant rate, whatever comes
// back, and has counted every request when it ends. Tests are measurements: each adds rows to the Table, which is printed in the end and
// holds what docs/traffic.md shows.
//
// What objects a Rollout's shares are written into is left to the tests of internal/traffic, and the order of writes to test/e2e, on whose
// lab and scenes this package stands. Shares of Traefik are exact; where a proxy draws lots, Bound says what chance allows.
package traffic
