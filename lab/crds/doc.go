// Package crds puts custom kinds into the API server before the controllers start.
//
// Read Seed and Install first. The folders istio and gatewayapi hold the definitions that both projects publish (see
// NOTICE), copied unchanged by `go generate`, and Seed stores them before the API server starts. Kanari's own kinds
// come from folders named by the caller, and Install creates them through the API server, which checks them.
//
// It leaves validating webhooks alone: the definitions' own schemas are all the validation there is.
package crds

//go:generate ./copy.sh
