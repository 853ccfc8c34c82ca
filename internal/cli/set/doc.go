// Package set is the verb group that changes the spec of a Rollout; today its images.
//
// Read Command first. The object is read, changed and written back whole, and again when somebody else wrote in between.
//
// Rolling the new image out is left to the controller.
package set
