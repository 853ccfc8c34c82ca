package show

import (
	"strconv"
	"strings"
	"time"
)

// Moment is what the cluster said at one time.
type Moment struct {
	At      time.Time
	Phase   string // Healthy, Progressing, Paused or Degraded
	Message string
	Step    string // the step at work in words, such as "2/7 pause 4s"
	Current string // the version that the Rollout's template asks for
	Stable  string // the version that counts as stable
	Aborted bool
	Routes  []Route
	Pods    []Pods     // the oldest version first
	Judged  *Judgement // the latest one about Current; nil while there is none
}

// Route is one destination of the VirtualService: a weight in percent and the version that its Service selects.
type Route struct {
	Weight  int
	Version string
}

// Pods counts the pods of one version.
type Pods struct {
	Version    string
	Ready, All int
}

// Asked is the share of the traffic that the routes send to a version, in percent.
func (m Moment) Asked(version string) int {
	sum := 0
	for _, route := range m.Routes {
		if route.Version == version {
			sum += route.Weight
		}
	}
	return sum
}

// AllPods is the number of pods of all versions, ready or not.
func (m Moment) AllPods() int {
	sum := 0
	for _, pods := range m.Pods {
		sum += pods.All
	}
	return sum
}

func (m Moment) routes() string {
	weights := make([]string, len(m.Routes))
	for i, route := range m.Routes {
		weights[i] = strconv.Itoa(route.Weight)
	}
	return strings.Join(weights, "/")
}
