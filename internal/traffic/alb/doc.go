// Package alb writes a Routing into Ingresses of the AWS load balancer controller: an action annotation that divides the requests among
// target groups, and for each header route a path with an action and a condition of its own.
//
// Read Renderer first, then edit. An Ingress may be shared by Rollouts and people: only the annotations and paths that belong to this
// Rollout change. An annotation that means the same already stays as it is written.
//
// Inspect tells of paths that no weight reaches. What the load balancer has taken is asked in package aws below. Mirror routes have no form here; a Rollout that asks for them is
// refused by validation.
package alb
