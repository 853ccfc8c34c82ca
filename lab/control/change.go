package control

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/kanari-dev/kanari/lab/serve"
)

func (c Change) apply(servers *serve.Servers) error {
	if c.Image == "" {
		return errors.New("image: want the name and tag of an image that is served")
	}
	b := servers.Counts()[c.Image].Behaviour
	if c.ErrorRate != nil {
		b.ErrorRate = *c.ErrorRate
	}
	if c.Latency != nil {
		d, err := time.ParseDuration(cmp.Or(*c.Latency, "0s"))
		if err != nil {
			return fmt.Errorf("latency %q: want a time such as 20ms", *c.Latency)
		}
		b.Latency = d
	}
	return servers.Set(c.Image, b)
}
