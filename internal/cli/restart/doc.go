// Package restart is the verb that has every pod replaced without a new template.
//
// Read Command first. It writes the instant; pods older than that are replaced by and by.
//
// The pace is left to the controller.
package restart
