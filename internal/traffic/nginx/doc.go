// Package nginx writes a Routing into canary Ingresses: copies of the user's Ingresses that point to the canary Service and carry
// the annotations by which ingress-nginx divides requests.
//
// Read Renderer first. The user's own Ingress is only read. A canary Ingress is created once and never deleted: between rollouts its
// weight is 0, and garbage collection removes it with its Rollout. Inspect looks at the other Ingresses of the namespace, too.
//
// Header and mirror routes have no form here; a Rollout that asks for them is refused by validation before it comes this far.
package nginx
