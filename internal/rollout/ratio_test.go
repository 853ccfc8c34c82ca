package rollout

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// gridWeights heads the columns of the grid below.
var gridWeights = []int32{1, 10, 20, 25, 33, 50, 66, 75, 99}

// grid holds canary/stable for surge 1 and, after the bar, for surge 0; a row for each number of replicas.
var grid = map[int32][]string{
	1:  {"1/1|0/1", "1/1|0/1", "1/1|0/1", "1/1|0/1", "1/1|0/1", "1/1|1/0", "1/1|1/0", "1/1|1/0", "1/1|1/0"},
	2:  {"1/2|1/1", "1/2|1/1", "1/2|1/1", "1/2|1/1", "1/2|1/1", "1/1|1/1", "2/1|1/1", "2/1|1/1", "2/1|1/1"},
	3:  {"1/3|1/2", "1/3|1/2", "1/3|1/2", "1/3|1/2", "1/2|1/2", "2/2|2/1", "2/1|2/1", "3/1|2/1", "3/1|2/1"},
	4:  {"1/4|1/3", "1/4|1/3", "1/4|1/3", "1/3|1/3", "2/3|1/3", "2/2|2/2", "3/2|3/1", "3/1|3/1", "4/1|3/1"},
	5:  {"1/5|1/4", "1/5|1/4", "1/4|1/4", "1/4|1/4", "2/4|2/3", "3/3|3/2", "4/2|3/2", "4/1|4/1", "5/1|4/1"},
	10: {"1/10|1/9", "1/9|1/9", "2/8|2/8", "3/8|3/7", "3/7|3/7", "5/5|5/5", "7/4|7/3", "8/3|8/2", "10/1|9/1"},
}

func TestRatioOfTheGrid(t *testing.T) {
	for replicas, row := range grid {
		for i, want := range row {
			weight := gridWeights[i]
			c1, s1 := ratio(replicas, weight, 100, 1)
			c0, s0 := ratio(replicas, weight, 100, 0)
			if got := fmt.Sprintf("%d/%d|%d/%d", c1, s1, c0, s0); got != want {
				t.Errorf("ratio of %d replicas at weight %d: got %s, want %s", replicas, weight, got, want)
			}
		}
	}
}

func TestRatioAtTheEnds(t *testing.T) {
	type want struct{ Canary, Stable int32 }
	cases := map[string]struct {
		replicas, weight, maxWeight, surge int32
		want                               want
	}{
		"no replicas need no pods":                        {0, 50, 100, 1, want{0, 0}},
		"weight 0 leaves everything stable":               {5, 0, 100, 1, want{0, 5}},
		"the full weight leaves nothing stable":           {5, 100, 100, 1, want{5, 0}},
		"another scale counts in its own parts":           {10, 200, 1000, 0, want{2, 8}},
		"the full weight of another scale":                {10, 1000, 1000, 1, want{10, 0}},
		"a single pod may be alone":                       {1, 20, 100, 0, want{0, 1}},
		"a single pod gets company where surge allows it": {1, 20, 100, 1, want{1, 1}},
		"half a pod too many, 2 replicas":                 {2, 75, 100, 0, want{1, 1}},
		"half a pod too many, 5 replicas":                 {5, 90, 100, 0, want{4, 1}},
		"half a pod too many, 10 replicas":                {10, 95, 100, 0, want{9, 1}},
		"half a pod too many, 25 replicas":                {25, 98, 100, 0, want{24, 1}},
		"half a pod too many, 50 replicas":                {50, 99, 100, 0, want{49, 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			canary, stable := ratio(c.replicas, c.weight, c.maxWeight, c.surge)
			if diff := cmp.Diff(c.want, want{canary, stable}); diff != "" {
				t.Errorf("ratio (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRatioLeavesNoSideEmpty(t *testing.T) {
	for replicas := int32(2); replicas <= 100; replicas++ {
		for weight := int32(1); weight < 100; weight++ {
			for surge := range int32(3) {
				canary, stable := ratio(replicas, weight, 100, surge)
				if canary < 1 || stable < 1 {
					t.Errorf("ratio(%d, %d, 100, %d) = %d/%d, want pods on both sides", replicas, weight, surge, canary, stable)
				}
				if total := canary + stable; total != replicas && (surge == 0 || total != replicas+1) {
					t.Errorf("ratio(%d, %d, 100, %d) = %d/%d, want %d pods or one more within the surge", replicas, weight, surge, canary, stable, replicas)
				}
			}
		}
	}
}

func TestSurgeAndUnavailable(t *testing.T) {
	type want struct{ Surge, Unavailable int32 }
	number, text := intstr.FromInt32, intstr.FromString
	canary := func(replicas int32, surge, unavailable *intstr.IntOrString) *v1alpha1.Rollout {
		ro := &v1alpha1.Rollout{}
		ro.Spec.Replicas = &replicas
		ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{MaxSurge: surge, MaxUnavailable: unavailable}
		return ro
	}
	blueGreen := func(replicas int32, unavailable *intstr.IntOrString) *v1alpha1.Rollout {
		ro := canary(replicas, nil, nil)
		ro.Spec.Strategy = v1alpha1.RolloutStrategy{BlueGreen: &v1alpha1.BlueGreenStrategy{MaxUnavailable: unavailable}}
		return ro
	}
	single := canary(1, nil, nil)
	single.Spec.Replicas = nil
	none := canary(4, nil, nil)
	none.Spec.Strategy = v1alpha1.RolloutStrategy{}

	cases := map[string]struct {
		ro   *v1alpha1.Rollout
		want want
	}{
		"absent is a quarter of 4":                        {canary(4, nil, nil), want{1, 1}},
		"absent is a quarter of 100":                      {canary(100, nil, nil), want{25, 25}},
		"surge rounds up, unavailable down":               {canary(5, nil, nil), want{2, 1}},
		"absent replicas count as one":                    {single, want{1, 0}},
		"a string without a sign is a percentage":         {canary(10, new(text("50")), new(text("20"))), want{5, 2}},
		"a string with a sign is one too":                 {canary(10, new(text("50%")), new(text("20%"))), want{5, 2}},
		"numbers are pods":                                {canary(10, new(number(3)), new(number(2))), want{3, 2}},
		"never both zero":                                 {canary(10, new(number(0)), new(number(0))), want{0, 1}},
		"two shares that both come to zero":               {canary(3, new(text("0%")), new(text("25%"))), want{0, 1}},
		"unavailable ends at the replicas":                {canary(3, new(number(0)), new(number(9))), want{0, 3}},
		"no replicas, nothing to miss":                    {canary(0, new(number(0)), new(number(2))), want{0, 0}},
		"negative numbers count as zero":                  {canary(4, new(number(-1)), new(text("-50%"))), want{0, 1}},
		"what nobody can read counts as zero":             {canary(4, new(text("many")), new(number(1))), want{0, 1}},
		"blue-green has no surge":                         {blueGreen(8, nil), want{0, 2}},
		"blue-green may always miss one":                  {blueGreen(8, new(number(0))), want{0, 1}},
		"without a strategy there is nothing to tolerate": {none, want{0, 0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, want{surge(c.ro), unavailable(c.ro)}); diff != "" {
				t.Errorf("surge and unavailable (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	type want struct{ Canary, Stable int32 }
	ten := func(b basicScale) basicScale {
		b.Replicas, b.MaxWeight, b.NewExists, b.StableExists = 10, 100, true, true
		return b
	}
	cases := map[string]struct {
		state basicScale
		want  want
	}{
		"the first revision gets all pods at once": {
			basicScale{Replicas: 5, Surge: 1, Weight: 100, MaxWeight: 100, NewExists: true}, want{5, 0},
		},
		"the first revision shrinks with spec.replicas": {
			basicScale{Replicas: 5, Surge: 2, Unavailable: 1, Weight: 100, MaxWeight: 100, NewExists: true, New: size{10, 10}}, want{5, 0},
		},
		"the canary starts within the surge": {
			ten(basicScale{Surge: 1, Unavailable: 0, Weight: 20, Stable: size{10, 10}}), want{1, 10},
		},
		"stable pays once the canary serves": {
			ten(basicScale{Surge: 1, Unavailable: 0, Weight: 20, New: size{1, 1}, Stable: size{10, 10}}), want{1, 9},
		},
		"stable waits for a canary that does not serve": {
			ten(basicScale{Surge: 1, Unavailable: 0, Weight: 20, New: size{1, 0}, Stable: size{10, 10}}), want{1, 10},
		},
		"without a surge stable makes room first": {
			ten(basicScale{Surge: 0, Unavailable: 3, Weight: 20, Stable: size{10, 10}}), want{0, 8},
		},
		"and the canary fills it": {
			ten(basicScale{Surge: 0, Unavailable: 3, Weight: 20, Stable: size{8, 8}}), want{2, 8},
		},
		"an older revision is drained before the two move down": {
			ten(basicScale{Surge: 2, Unavailable: 5, Weight: 50, New: size{2, 2}, Stable: size{8, 8}, OldSpec: 2}), want{2, 8},
		},
		"an aborted canary goes as stable comes back": {
			ten(basicScale{Surge: 2, Unavailable: 0, Weight: 0, New: size{5, 5}, Stable: size{5, 5}}), want{5, 7},
		},
		"and gives up what stable has taken over": {
			ten(basicScale{Surge: 2, Unavailable: 0, Weight: 0, New: size{5, 5}, Stable: size{7, 7}}), want{3, 7},
		},
		"a broken canary is thrown away before it serves": {
			ten(basicScale{Surge: 2, Unavailable: 0, Weight: 0, New: size{2, 0}, Stable: size{10, 10}}), want{0, 10},
		},
		"stable pods that do not serve make room at once": {
			ten(basicScale{Surge: 0, Unavailable: 3, Weight: 20, Stable: size{10, 6}}), want{0, 8},
		},
		"a canary is not given up for stable pods that do not serve": {
			ten(basicScale{Surge: 2, Unavailable: 5, Weight: 0, New: size{8, 8}, Stable: size{4, 0}}), want{5, 4},
		},
		"a smaller rollout gives up what does not serve, nothing else": {
			ten(basicScale{Surge: 0, Unavailable: 1, Weight: 50, New: size{8, 0}, Stable: size{8, 8}}), want{2, 8},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			canary, stable := c.state.counts()
			if diff := cmp.Diff(c.want, want{canary, stable}); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// anyScale draws a state that a running rollout can be in.
func anyScale(t *rapid.T) basicScale {
	side := func(name string) size {
		spec := rapid.Int32Range(0, 40).Draw(t, name+"Spec")
		return size{spec, rapid.Int32Range(0, spec).Draw(t, name+"Available")}
	}
	b := basicScale{
		Replicas:     rapid.Int32Range(0, 30).Draw(t, "replicas"),
		Surge:        rapid.Int32Range(0, 10).Draw(t, "surge"),
		MaxWeight:    rapid.SampledFrom([]int32{100, 1000}).Draw(t, "maxWeight"),
		New:          side("new"),
		Stable:       side("stable"),
		NewExists:    rapid.Bool().Draw(t, "newExists"),
		StableExists: rapid.Bool().Draw(t, "stableExists"),
		OldSpec:      rapid.Int32Range(0, 10).Draw(t, "old"),
	}
	b.Unavailable = rapid.Int32Range(0, b.Replicas).Draw(t, "unavailable")
	if b.Surge == 0 && b.Replicas > 0 {
		b.Unavailable = max(1, b.Unavailable)
	}
	b.Weight = rapid.Int32Range(0, b.MaxWeight).Draw(t, "weight")
	if !b.NewExists {
		b.New = size{}
	}
	if !b.StableExists {
		b.Stable = size{}
	}
	return b
}

// checkMany looks at many states a check, for the rare ones matter and each costs next to nothing.
func checkMany(t *testing.T, property func(*rapid.T)) {
	rapid.Check(t, func(t *rapid.T) {
		for range 50 {
			property(t)
		}
	})
}

func TestCountsStayWithinTheCeiling(t *testing.T) {
	checkMany(t, func(t *rapid.T) {
		b := anyScale(t)
		canary, stable := b.counts()
		before, after := b.New.Spec+b.Stable.Spec+b.OldSpec, canary+stable+b.OldSpec
		if after > max(before, b.Replicas+b.Surge) {
			t.Fatalf("%+v: planned %d/%d, %d pods in all, above %d", b, canary, stable, after, b.Replicas+b.Surge)
		}
		if canary < 0 || stable < 0 {
			t.Fatalf("%+v: planned %d/%d", b, canary, stable)
		}
	})
}

func TestCountsKeepEnoughAvailable(t *testing.T) {
	checkMany(t, func(t *rapid.T) {
		b := anyScale(t)
		canary, stable := b.counts()
		before := b.New.Available + b.Stable.Available
		after := min(b.New.Available, canary) + min(b.Stable.Available, stable)
		if after < before && after < b.Replicas-b.Unavailable {
			t.Fatalf("%+v: planned %d/%d, which leaves %d available, below %d", b, canary, stable, after, b.Replicas-b.Unavailable)
		}
	})
}

func TestCountsArriveAtTheRatio(t *testing.T) {
	checkMany(t, func(t *rapid.T) {
		b := anyScale(t)
		b.OldSpec, b.NewExists, b.StableExists = 0, true, true
		wantCanary, wantStable := ratio(b.Replicas, b.Weight, b.MaxWeight, b.Surge)
		for range 200 {
			canary, stable := b.counts()
			b.New, b.Stable = size{canary, canary}, size{stable, stable}
		}
		if b.New.Spec != wantCanary || b.Stable.Spec != wantStable {
			t.Fatalf("settled at %d/%d, want %d/%d", b.New.Spec, b.Stable.Spec, wantCanary, wantStable)
		}
	})
}
