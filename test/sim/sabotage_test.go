package sim

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/rollout"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// enough is in how many worlds a broken guard must be found.
const enough = 400

type decision = plan.Plan[v1alpha1.RolloutStatus]

// TestEveryLawIsNeeded breaks one guard of the code at a time, from outside, and looks whether the simulation finds it. Want is what the
// law says that is there to find it.
func TestEveryLawIsNeeded(t *testing.T) {
	tests := map[string]struct {
		broken sabotage
		want   string
	}{
		"it does not wait for pods": {
			sabotage{sight: pods(func(rs *appsv1.ReplicaSet) {
				rs.Status.AvailableReplicas, rs.Status.ReadyReplicas = *rs.Spec.Replicas, *rs.Spec.Replicas
			})},
			"which has no ready pod",
		},
		"it does not wait for EndpointSlices": {
			sabotage{sight: func(seen *rollout.World) { seen.Endpoints = nil }},
			"which leads to nobody",
		},
		"it does not wait for gateways": {
			sabotage{sight: func(seen *rollout.World) {
				for i, route := range seen.Routes {
					seen.Routes[i].Renderer = deaf{route.Renderer}
				}
			}},
			"the gateway still sends",
		},
		"it waits for one pod more than it asked for": {
			sabotage{sight: pods(func(rs *appsv1.ReplicaSet) { rs.Status.AvailableReplicas = max(rs.Status.AvailableReplicas-1, 0) })},
			"it waits for pods, and all are there",
		},
		"pods go before requests": {
			sabotage{plan: func(p *decision) { slices.SortStableFunc(p.Actions, requestsLast) }},
			"can carry it",
		},
		"it asks for more pods than fit": {
			sabotage{plan: actions(func(a plan.UpdateReplicaSet) plan.Action {
				if a.Replicas != nil {
					a.Replicas = new(*a.Replicas + 2)
				}
				return a
			})},
			"the budget is",
		},
		"half of a patch is enough for it": {
			sabotage{process: onClient(func(c client.Client) client.Client {
				return patching{c, func(operations []operation) []operation { return operations[:max(len(operations)-1, 1)] }}
			})},
			"add up to",
		},
		"a Service selects every revision": {
			sabotage{plan: func(p *decision) {
				if p.Status.StableRS != p.Status.CurrentPodHash {
					actions(func(a plan.PointService) plan.Action { a.Hash = ""; return a })(p)
				}
			}},
			"lost its hash",
		},
		"a Service selects no revision": {
			sabotage{plan: actions(func(a plan.PointService) plan.Action { a.Hash = "nothing"; return a })},
			"which no ReplicaSet has",
		},
		"steps are taken back": {
			sabotage{plan: func(p *decision) {
				if i := p.Status.CurrentStepIndex; i != nil && *i > 1 && !p.Status.Abort && p.Status.StableRS != p.Status.CurrentPodHash {
					p.Status.CurrentStepIndex = new(*i - 2)
				}
			}},
			"the step index fell",
		},
		"an abort moves no requests": {
			sabotage{sight: func(seen *rollout.World) {
				if seen.Rollout.Status.Abort {
					seen.Routes = nil
				}
			}},
			"aborted, and",
		},
		"it never sees an analysis fail":   {sabotage{sight: verdicts(v1alpha1.AnalysisPhaseRunning)}, "an analysis failed, and nothing came of it"},
		"it takes a failure for a success": {sabotage{sight: verdicts(v1alpha1.AnalysisPhaseSuccessful)}, "an analysis failed at"},
		"it writes again what is there": {
			sabotage{plan: func(p *decision) {
				p.Actions = append(p.Actions, plan.UpdateRollout{Annotations: map[string]string{"note": "again"}})
			}},
			"nothing changed, and yet it plans",
		},
		"it sets no alarm":     {sabotage{plan: func(p *decision) { p.Wake = time.Time{} }}, "and sets no alarm"},
		"it waits for nobody":  {sabotage{plan: func(p *decision) { p.Why.WaitingFor = nil }}, "and waits for nobody"},
		"it overwrites people": {sabotage{process: onClient(func(c client.Client) client.Client { return versionless{c} })}, "overwritten"},
		"patches test nothing": {sabotage{process: onClient(func(c client.Client) client.Client {
			return patching{c, func(operations []operation) []operation {
				return slices.DeleteFunc(operations, func(o operation) bool { return o["op"] == "test" })
			}}
		})}, "what is not ours"},
		"it forgets what it wrote": {
			sabotage{process: func(p *process) { p.hand.Wrote = func(client.ObjectKey, client.Object) {} }},
			"it decides without having seen",
		},
		"a new process forgets pauses": {sabotage{reborn: func(seen *rollout.World) {
			seen.Rollout = seen.Rollout.DeepCopy()
			seen.Rollout.Status.PauseConditions, seen.Rollout.Spec.Paused = nil, false
			seen.Rollout.Status.PromoteFull = true
		}}, "with faults it ends otherwise"},
	}
	// Where the first worlds are known not to have it, it begins later, to save time.
	first := map[string]int{"an abort moves no requests": 1480, "it does not wait for EndpointSlices": 100, "it takes a failure for a success": 540, "pods go before requests": 110}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := map[string]int{}
			for seed := max(first[name], 1); seed < first[name]+enough; seed++ {
				told := tales.Example(seed)
				told.broken = test.broken
				err := told.holds(newTally(), io.Discard)
				if err == nil {
					continue
				}
				told.broken = sabotage{}
				if strings.Contains(err.Error(), test.want) && told.holds(newTally(), io.Discard) == nil {
					t.Logf("found in world %d: %s", seed, gist(err))
					return
				}
				found[gist(err)]++
			}
			t.Errorf("in %d worlds nobody says %q; found is %v", enough, test.want, found)
		})
	}
}

// deaf is a Renderer that does not hear what its mesh reports.
type deaf struct{ traffic.Renderer }

// pods changes what is seen of ReplicaSets.
func pods(change func(*appsv1.ReplicaSet)) func(*rollout.World) {
	return func(seen *rollout.World) {
		seen.ReplicaSets = slices.Clone(seen.ReplicaSets)
		for i, rs := range seen.ReplicaSets {
			seen.ReplicaSets[i] = rs.DeepCopy()
			change(seen.ReplicaSets[i])
		}
	}
}

// verdicts shows runs that failed in another phase.
func verdicts(phase v1alpha1.AnalysisPhase) func(*rollout.World) {
	return func(seen *rollout.World) {
		seen.Runs = slices.Clone(seen.Runs)
		for i, run := range seen.Runs {
			if run.Status.Phase == v1alpha1.AnalysisPhaseFailed || run.Status.Phase == v1alpha1.AnalysisPhaseError {
				seen.Runs[i] = run.DeepCopy()
				seen.Runs[i].Status.Phase = phase
			}
		}
	}
}

// actions changes actions of one kind.
func actions[A plan.Action](change func(A) plan.Action) func(*decision) {
	return func(p *decision) {
		p.Actions = slices.Clone(p.Actions)
		for i, action := range p.Actions {
			if a, is := action.(A); is {
				p.Actions[i] = change(a)
			}
		}
	}
}

func requestsLast(a, b plan.Action) int {
	rank := func(a plan.Action) int {
		if _, routes := a.(plan.RouteTraffic); routes {
			return 1
		}
		return 0
	}
	return cmp.Compare(rank(a), rank(b))
}

func onClient(wrap func(client.Client) client.Client) func(*process) {
	return func(p *process) { p.hand.Client = wrap(p.hand.Client) }
}

// versionless writes a status whatever version was read.
type versionless struct{ client.Client }

func (c versionless) Status() client.SubResourceWriter {
	return versionlessStatus{c.Client.Status()}
}

type versionlessStatus struct{ client.SubResourceWriter }

func (w versionlessStatus) Update(ctx context.Context, object client.Object, options ...client.SubResourceUpdateOption) error {
	object.SetResourceVersion("")
	return w.SubResourceWriter.Update(ctx, object, options...)
}

type operation = map[string]any

// patching sends other JSON patches than it is given.
type patching struct {
	client.Client
	other func([]operation) []operation
}

func (c patching) Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error {
	if patch.Type() != types.JSONPatchType {
		return c.Client.Patch(ctx, object, patch, options...)
	}
	body, err := patch.Data(object)
	if err != nil {
		return err
	}
	var operations []operation
	if err := json.Unmarshal(body, &operations); err != nil {
		return err
	}
	body, err = json.Marshal(c.other(operations))
	if err != nil {
		return err
	}
	return c.Client.Patch(ctx, object, client.RawPatch(types.JSONPatchType, body), options...)
}
