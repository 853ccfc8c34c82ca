// Package control lets others steer a running lab over HTTP on the loopback.
//
// Read Server.Handler first: its lines are the whole interface. Client is the same from the other side, for the
// command line. Every failure is a JSON object {"error": "one line"} with status 400.
//
// It leaves the doing to packages controlplane, kubelet, serve and load.
package control
