package expression

// What the tests compare with the bare language.
var (
	IsNil      = isNil
	Vocabulary = vocabulary
)
