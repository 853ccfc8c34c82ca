// Package serve answers HTTP requests in the name of pods.
//
// Read Servers first: it decides which images are served and starts one server for each container that runs. All
// servers of an image share one Behaviour (how often they fail, how long they take), which may change at any time;
// a version is the image's tag. At MetricsPath a server tells Prometheus what it has done.
//
// It leaves addresses to package network and the time of start and end to package kubelet.
package serve
