package asking_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/asking"
	"github.com/kanari-dev/kanari/internal/metric"
)

var (
	checkout = types.NamespacedName{Namespace: "shop", Name: "checkout"}
	search   = types.NamespacedName{Namespace: "shop", Name: "search"}
)

const uid = types.UID("one")

// backend answers as the metric's name says, and notes what it was asked to do.
type backend struct {
	mutex sync.Mutex
	done  []string
	found chan struct{} // closed: what was still to be found is
}

func (b *backend) note(what string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.done = append(b.done, what)
}

func (b *backend) notes() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.done)
}

func (b *backend) For(m v1alpha1.Metric) (metric.Provider, error) {
	if m.Name == "unknown" {
		return nil, errors.New("no provider specified")
	}
	return b, nil
}

func (b *backend) Retain(_ context.Context, q metric.Query, _ int) error {
	b.note("retain " + q.Metric.Name)
	panic("retaining " + q.Secrets[0])
}

func (b *backend) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	b.note("measure " + q.Metric.Name)
	switch q.Metric.Name {
	case "hangs":
		<-ctx.Done()
		b.note("given up")
		return metric.Measurement{}, ctx.Err()
	case "deaf", "late":
		<-b.found
		if q.Metric.Name == "late" {
			return metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"job-name": "late"}}, nil
		}
	case "panics":
		panic("no map for " + q.Secrets[0])
	case "silent":
		return metric.Measurement{}, errors.New("")
	case "runs":
		return metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"job-name": "runs"}}, nil
	}
	return metric.Measurement{Text: "1"}, nil
}

func (b *backend) Stop(_ context.Context, _ metric.Query, m metric.Measurement) (metric.Measurement, error) {
	b.note("stop " + m.Metadata["job-name"])
	return m, errors.New("it is gone")
}

// stage is a desk whose bell is written down.
type stage struct {
	*asking.Desk
	backend *backend
	mutex   sync.Mutex
	rung    []string
}

func newStage() *stage {
	s := &stage{backend: &backend{found: make(chan struct{})}}
	s.Desk = &asking.Desk{
		Backends: s.backend, Now: time.Now, Longest: time.Minute, Errand: time.Second,
		Ring: func(run types.NamespacedName) {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			s.rung = append(s.rung, run.Name)
		},
	}
	return s
}

func (s *stage) rings() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.rung)
}

func question(run types.NamespacedName, name string, number int) metric.Query {
	return metric.Query{Run: run, UID: uid, Metric: v1alpha1.Metric{Name: name}, Secrets: []string{"t0psecret"}, Number: number, Now: time.Now()}
}

// answers are those on the desk, in words.
func (s *stage) answers(run types.NamespacedName) []string {
	_, list := s.Look(run, uid)
	var words []string
	for _, a := range list {
		words = append(words, strings.TrimSpace(a.Metric+" "+a.Measurement.Text+string(a.Measurement.Phase)+a.Problem))
	}
	return words
}

func (s *stage) outstanding(run types.NamespacedName) []string {
	asked, _ := s.Look(run, uid)
	var names []string
	for name := range asked {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func check(t *testing.T, what string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// onStage runs a story within which time passes only while everybody waits.
func onStage(t *testing.T, story func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { story(t, newStage()) })
}

func TestAnAnswerLiesThereUntilItIsSettled(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.Ask(t.Context(), question(checkout, "fast", 1), nil)
		check(t, "outstanding", s.outstanding(checkout), []string{"fast"})
		synctest.Wait()
		check(t, "rings", s.rings(), []string{"checkout"})
		check(t, "outstanding", s.outstanding(checkout), nil)
		check(t, "first look", s.answers(checkout), []string{"fast 1"})
		check(t, "look after a turn that went wrong", s.answers(checkout), []string{"fast 1"})
		s.Settle(checkout)
		check(t, "look after a turn that stands", s.answers(checkout), nil)
	})
}

func TestWhatATurnHasNotSeenIsNotSettled(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.Ask(t.Context(), question(checkout, "fast", 1), nil)
		synctest.Wait()
		check(t, "look", s.answers(checkout), []string{"fast 1"})
		s.Ask(t.Context(), question(checkout, "other", 1), nil)
		synctest.Wait()
		s.Settle(checkout)
		check(t, "look", s.answers(checkout), []string{"other 1"})
	})
}

func TestAQuestionIsPutOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.Ask(ctx, question(checkout, "hangs", 1), nil)
		s.Ask(ctx, question(checkout, "hangs", 1), nil)
		synctest.Wait()
		check(t, "asked", s.backend.notes(), []string{"measure hangs"})
		s.Ask(ctx, question(checkout, "hangs", 2), nil)
		synctest.Wait()
		done := s.backend.notes()
		slices.Sort(done) // the two go side by side
		check(t, "the next one takes its place", done, []string{"given up", "measure hangs", "measure hangs"})
		check(t, "answers", s.answers(checkout), nil)
	})
}

func TestOneThatHangsDelaysNobody(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		began := time.Now()
		s.Ask(t.Context(), question(search, "hangs", 1), nil)
		s.Ask(t.Context(), question(checkout, "hangs", 1), nil)
		s.Ask(t.Context(), question(checkout, "fast", 1), nil)
		synctest.Wait()
		if passed := time.Since(began); passed != 0 {
			t.Errorf("the fast one took %s", passed)
		}
		check(t, "rings", s.rings(), []string{"checkout"})
		check(t, "outstanding", s.outstanding(checkout), []string{"hangs"})
		time.Sleep(time.Minute)
		synctest.Wait()
		check(t, "at the deadline", s.answers(search), []string{"hangs no answer within 1m0s"})
		check(t, "outstanding", s.outstanding(search), nil)
	})
}

func TestOneThatHeedsNoDeadlineIsAnsweredAllTheSame(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.Ask(t.Context(), question(checkout, "deaf", 1), nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		check(t, "at the deadline", s.answers(checkout), []string{"deaf no answer within 1m0s"})
		close(s.backend.found)
		synctest.Wait()
		check(t, "afterwards", s.answers(checkout), []string{"deaf no answer within 1m0s"})
	})
}

func TestWhatGoesWrongIsAnAnswer(t *testing.T) {
	for name, want := range map[string]string{
		"panics":  "panics the backend broke, which is a mistake in its code: no map for *****",
		"unknown": "unknown no provider specified",
		"silent":  "silent the backend gives no reason",
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				s.Ask(t.Context(), question(checkout, name, 1), nil)
				synctest.Wait()
				check(t, "answers", s.answers(checkout), []string{want})
				check(t, "rings", s.rings(), []string{"checkout"})
			})
		})
	}
}

func TestAnswersKnowTheirQuestion(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		q := question(checkout, "deaf", 7)
		s.Ask(t.Context(), q, nil)
		time.Sleep(3 * time.Second)
		close(s.backend.found)
		synctest.Wait()
		_, got := s.Look(checkout, uid)
		want := []analysis.Answer{{
			Metric: "deaf", Number: 7, Measurement: metric.Measurement{Text: "1"}, StartedAt: q.Now, FinishedAt: q.Now.Add(3 * time.Second),
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestStopping(t *testing.T) {
	prior := &metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"job-name": "prior"}}
	tests := map[string]struct {
		metric string
		look   bool // before it is stopped
		prior  *metric.Measurement
		want   []string
	}{
		"cancels a question that is on its way":     {"hangs", false, nil, []string{"measure hangs", "given up"}},
		"ends what was stored as under way":         {"hangs", false, prior, []string{"given up", "measure hangs", "stop prior"}},
		"ends what nobody has seen yet":             {"runs", false, nil, []string{"measure runs", "stop runs"}},
		"leaves to its prior what a turn has seen":  {"runs", true, nil, []string{"measure runs"}},
		"ends what comes to be after it was asked":  {"late", false, nil, []string{"measure late", "stop late"}},
		"drops an answer that nobody has seen":      {"fast", false, nil, []string{"measure fast"}},
		"needs no question, only what is under way": {"", false, prior, []string{"stop prior"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				q := question(checkout, tt.metric, 1)
				if tt.metric != "" {
					s.Ask(t.Context(), q, nil)
				}
				synctest.Wait()
				if tt.look {
					s.Look(checkout, uid)
				}
				s.Stop(t.Context(), q, tt.prior)
				close(s.backend.found)
				synctest.Wait()
				done := s.backend.notes()
				if tt.prior != nil {
					slices.Sort(done) // the two go side by side
				}
				check(t, "done", done, tt.want)
				check(t, "outstanding", s.outstanding(checkout), nil)
				if !tt.look {
					check(t, "answers", s.answers(checkout), nil)
				}
			})
		})
	}
}

func TestTheEndOfTheProcessIsNoAnswer(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		ctx, end := context.WithCancel(t.Context())
		s.Ask(ctx, question(checkout, "hangs", 1), nil)
		s.Ask(ctx, question(search, "late", 1), nil)
		synctest.Wait()
		end()
		close(s.backend.found)
		synctest.Wait()
		check(t, "answers", slices.Concat(s.answers(checkout), s.answers(search)), nil)
		check(t, "rings", s.rings(), nil)
		check(t, "done", s.backend.notes()[2:], []string{"given up"})
	})
}

func TestARunThatIsGoneLeavesNothing(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.Ask(t.Context(), question(checkout, "fast", 1), nil)
		s.Ask(t.Context(), question(checkout, "hangs", 1), nil)
		synctest.Wait()
		s.Forget(checkout)
		synctest.Wait()
		check(t, "answers", s.answers(checkout), nil)
		check(t, "rings", s.rings(), []string{"checkout"})
	})
}

func TestANamesakeIsAnotherRun(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.Ask(t.Context(), question(checkout, "fast", 1), nil)
		s.Ask(t.Context(), question(checkout, "hangs", 1), nil)
		synctest.Wait()
		asked, answers := s.Look(checkout, "two")
		if len(asked) != 0 || len(answers) != 0 {
			t.Errorf("a new run of that name finds %v and %v", asked, answers)
		}
		check(t, "answers of the former", s.answers(checkout), nil)
	})
}

func TestABackendThatBreaksWhileItTrimsEndsNothing(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.Trim(t.Context(), question(checkout, "fast", 1), 3)
		synctest.Wait()
		check(t, "done", s.backend.notes(), []string{"retain fast"})
	})
}
