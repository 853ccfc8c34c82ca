// Package abort is the verb that takes the traffic back to the stable version.
//
// Read Command first. It writes one word into the status, the mailbox between clients and the controller.
//
// What an abort does to pods and traffic is left to the controller.
package abort
