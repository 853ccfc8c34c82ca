package plan

// Event is one thing that happened, told to people and to whoever alerts on reasons. It is past tense and names the value that changed.
type Event struct {
	Warning bool
	Reason  string
	Message string
}
