package aws_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/alb/aws"
)

// cloud is an AWS that takes its time. Its load balancer divides requests as it was last told.
type cloud struct {
	takes time.Duration
	mutex sync.Mutex
	has   int32 // the canary's weight
	down  bool
	asked int
}

func (c *cloud) Find(ctx context.Context, _ string) (*aws.Balancer, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.asked++
	has, down := c.has, c.down
	c.mutex.Unlock()
	select {
	case <-ctx.Done():
	case <-time.After(c.takes):
	}
	c.mutex.Lock()
	if down {
		return nil, errDown
	}
	return balancer([]string{"canary", "stable"}, forward(map[string]int32{"canary": has, "stable": 100 - has})), ctx.Err()
}

func (c *cloud) set(change func(*cloud)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change(c)
}

func (c *cloud) questions() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.asked
}

// turns is a Rollout that looks whenever it is woken, and notes what it saw.
type turns struct {
	t     *testing.T
	check aws.Check
	desk  *aws.Desk
	rings chan types.NamespacedName
	saw   []string
}

// start lets the Rollout take its first turn after a weight was written.
func start(t *testing.T, c *cloud, weight int32) *turns {
	rings := make(chan types.NamespacedName, 100)
	desk := &aws.Desk{Balancers: c, Again: 10 * time.Second, Longest: time.Minute, Ring: func(ro types.NamespacedName) { rings <- ro }}
	s := &turns{t: t, check: checked(t, routing(weight), ingress("web", "a.elb")), desk: desk, rings: rings}
	s.look()
	return s
}

// look is one turn: what a mesh has not taken yet.
func (s *turns) look() string {
	told := aws.Renderer{Desk: s.desk}.Ask(s.t.Context(), s.check.Rollout, s.check.Found)
	pending := traffic.Live{Renderer: told, Found: s.check.Found}.Pending(s.check.Rollout)
	s.saw = append(s.saw, pending)
	return pending
}

// pass lets time go by and the Rollout look when it is woken.
func (s *turns) pass(d time.Duration) {
	for end := time.After(d); ; {
		select {
		case <-s.rings:
			s.look()
		case <-end:
			return
		}
	}
}

func TestDesk(t *testing.T) {
	const old = `load balancer "k8s-shop" gives 10 to target group "canary" (desired weight: 20)`
	cases := map[string]struct {
		cloud  *cloud
		script func(*turns, *cloud)
		saw    []string // without what was seen twice in a row
		asked  int
	}{
		"a weight that is taken already is asked for once": {
			&cloud{takes: time.Second, has: 20},
			func(s *turns, _ *cloud) { s.pass(time.Hour) },
			[]string{"AWS is being asked about load balancer a.elb", ""},
			1,
		},
		"a weight that is not taken is asked for again, and only as long": {
			&cloud{takes: time.Second, has: 10},
			func(s *turns, c *cloud) {
				s.pass(30 * time.Second)
				c.set(func(c *cloud) { c.has = 20 })
				s.pass(time.Hour)
			},
			[]string{"AWS is being asked about load balancer a.elb", old, ""},
			4,
		},
		"an answer about a former weight does not count": {
			&cloud{takes: time.Second, has: 20},
			func(s *turns, c *cloud) {
				s.check = checked(s.t, routing(10), ingress("web", "a.elb"))
				c.set(func(c *cloud) { c.has = 10 })
				s.look()
				s.pass(time.Hour)
			},
			[]string{"AWS is being asked about load balancer a.elb", ""},
			2,
		},
		"an account that is down is asked again": {
			&cloud{takes: time.Second, has: 20, down: true},
			func(s *turns, c *cloud) {
				s.pass(5 * time.Second)
				c.set(func(c *cloud) { c.down = false })
				s.pass(time.Hour)
			},
			[]string{"AWS is being asked about load balancer a.elb", `asking for load balancer "a.elb": throttled`, ""},
			2,
		},
		"an account that does not answer is given up, and asked again": {
			&cloud{takes: time.Hour, has: 20},
			func(s *turns, c *cloud) {
				s.pass(65 * time.Second)
				c.set(func(c *cloud) { c.takes = time.Second })
				s.pass(time.Hour)
			},
			[]string{"AWS is being asked about load balancer a.elb", "AWS has not answered within 1m0s", ""},
			2,
		},
		"a Rollout that is gone is not asked about again": {
			&cloud{takes: time.Second, has: 10},
			func(s *turns, _ *cloud) { time.Sleep(time.Hour) },
			[]string{"AWS is being asked about load balancer a.elb"},
			1,
		},
		"what the status confirms is not asked for": {
			&cloud{takes: time.Second, has: 10},
			func(s *turns, _ *cloud) {
				s.check.Rollout.Status.Canary.Weights = &v1alpha1.TrafficWeights{
					Canary: v1alpha1.WeightDestination{ServiceName: "canary", Weight: 20}, Stable: v1alpha1.WeightDestination{ServiceName: "stable", Weight: 80}, Verified: new(true),
				}
				s.look()
				s.pass(time.Hour)
			},
			[]string{"AWS is being asked about load balancer a.elb", ""},
			1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, c.cloud, 20)
				c.script(s, c.cloud)
				if saw := slices.Compact(s.saw); !slices.Equal(saw, c.saw) {
					t.Errorf("saw %s\nwant %s", strings.Join(saw, " | "), strings.Join(c.saw, " | "))
				}
				if asked := c.cloud.questions(); asked != c.asked {
					t.Errorf("asked %d times, want %d", asked, c.asked)
				}
			})
		})
	}
}
