package terminal

import "fmt"

// Exit codes of every command.
const (
	Reached     = 0
	Failed      = 1
	WrongUsage  = 2
	TimedOut    = 3
	NeedsPerson = 4
	Interrupted = 130
)

// Exit is an error that chooses the exit code. Message is one line for the user; empty prints nothing.
type Exit struct {
	Code    int
	Message string
	// Cause is what the message was made from, for callers that act on it; may be nil.
	Cause error
}

// Error is the message.
func (e *Exit) Error() string { return e.Message }

// Unwrap is the cause.
func (e *Exit) Unwrap() error { return e.Cause }

// Usage is the error for a command line that cannot be understood.
func Usage(format string, args ...any) error {
	return &Exit{Code: WrongUsage, Message: fmt.Sprintf(format, args...)}
}

// Fail is the error for a command that could not do what was asked.
func Fail(format string, args ...any) error {
	return &Exit{Code: Failed, Message: fmt.Sprintf(format, args...)}
}
