package plan

// Event is one thing that happened, told to people and to whoever alerts on reasons. It is past tense and names the value that changed.
type Event struct {
	Warning bool
	// Milestone marks what people want to be told even where events are kept few: an update began, ended, or waits for somebody.
	Milestone bool
	Reason    string
	Message   string
}
