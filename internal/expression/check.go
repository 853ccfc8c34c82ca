package expression

import (
	"fmt"
	"reflect"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/types"
)

// Check finds what is wrong with a condition whatever the result may be: grammar, unknown names, wrong arguments, a value that can
// never be true or false. The error ends in (line:column), both from 1, where a place is known.
func (c *Cache) Check(text string) error {
	_, err := c.get(cacheKey{text: text, use: checkedAsCondition})
	return err
}

// CheckTime finds what is wrong with a bound of a range of time, as Check does with a condition.
func (c *Cache) CheckTime(text string) error {
	_, err := c.get(cacheKey{text: text, use: checkedAsBound})
	return err
}

func check(text string) error {
	names := typesOf(vocabulary(nil, time.Time{}))
	names["result"] = types.Any
	return checkAgainst(text, names, reflect.TypeFor[bool]())
}

func checkTime(text string) error {
	return checkAgainst(text, typesOf(boundVocabulary(time.Time{})), reflect.TypeFor[time.Time]())
}

func typesOf(names map[string]any) types.Map {
	known := types.Map{}
	for name, value := range names {
		known[name] = types.TypeOf(value)
	}
	return known
}

func checkAgainst(text string, names types.Map, want reflect.Type) error {
	program, err := expr.Compile(text, append(options(), expr.Env(names))...)
	if err != nil {
		return oneLine(err)
	}
	if got := program.Node().Type(); got != nil && got.Kind() != reflect.Interface && got != want {
		return fmt.Errorf("expected %s, but got %s", want, got)
	}
	return nil
}
