// Package load sends requests at a constant rate and reports who answered.
//
// Read Plan and Run first. The load is open: a request leaves when its time has come, whether or not the ones before
// it were answered, so that a slow version does not hide behind a slower load.
//
// It leaves where requests go to the transport it is given, which in the lab is the gateway itself.
package load
