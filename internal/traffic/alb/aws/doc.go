// Package aws asks Amazon's load balancers whether they have taken what package alb wrote: an annotation is a wish until the load balancer
// controller has carried it out.
//
// Read Check first: which load balancers to ask about, and what their answers mean. It is pure. Balancers is the seam to AWS, Client
// what fills it in a cluster, with the controller's own AWS identity; a Desk asks without anybody waiting. Renderer brings them together.
//
// What is done while a load balancer has not taken a weight is decided in package rollout.
package aws
