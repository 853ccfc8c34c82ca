// Package controlplane runs etcd, kube-apiserver, kube-controller-manager and kube-scheduler in this process.
//
// Read Plane first: Start returns once the API server answers and the custom kinds are known to it; the
// controllers and the scheduler start after the custom kinds, because the controller-manager looks for new kinds
// only every thirty seconds.
//
// It leaves nodes and pods to package kubelet, and folders, locks and processes to package folder and the commands.
// One Plane at a time fits in a process: feature gates and several registries of the components are global.
package controlplane
