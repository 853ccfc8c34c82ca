// Package log would take the logger of an ACME client.
package log

import "log/slog"

// SetDefault does nothing: there is nothing to tell.
func SetDefault(*slog.Logger) {}
