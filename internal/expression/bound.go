package expression

import (
	"fmt"
	"time"
)

// Time evaluates a bound of a range of time, such as `now() - duration("5m")`. The time given is what now() gives.
func (c *Cache) Time(text string, now time.Time) (time.Time, error) {
	program, err := c.bound(text)
	if err != nil {
		return time.Time{}, err
	}
	value, err := program.run(nil, now)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := value.(time.Time)
	if !ok {
		return time.Time{}, fmt.Errorf("expected time.Time, but got %T", value)
	}
	return at, nil
}
