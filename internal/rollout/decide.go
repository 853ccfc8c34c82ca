package rollout

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// Decide says what should happen next to a Rollout. It reads only its arguments, changes none of them, and given the same
// arguments returns the same Plan. It has no error: a bad spec is a Plan too.
func Decide(w World, now time.Time) plan.Plan[v1alpha1.RolloutStatus] {
	t := begin(w, now)
	for _, judge := range t.judgements() {
		if judge(t) == enough {
			break
		}
	}
	return t.plan()
}

// judgements in their order, which is the meaning of this package. Those of the first group find out where the Rollout stands and
// move its status; those of the second make the cluster follow; the last tell people.
func (t *turn) judgements() []judgement {
	if t.blueGreen != nil {
		return blueGreenJudgements()
	}
	return canaryJudgements()
}

func canaryJudgements() []judgement {
	return []judgement{
		deleted,  // on its way out: garbage collection does the rest
		revised,  // which ReplicaSets are ours, which one carries the present template
		counted,  // what there is, in numbers
		assessed, // what the analyses found since: a bad canary is taken back whatever else is to be done
		tried,    // what the Experiment found since, likewise
		invalid,  // a spec that cannot be followed moves nothing but an abort
		renewed,  // another template or other steps: what was decided for the former ones is void
		hurried,  // somebody wants the rest of the steps skipped
		aborted,  // back to stable, and nothing else, until somebody retries
		resumed,  // a pause that is over is a step that is done
		promoted, // the new revision becomes the stable one

		created,      // the present template gets its ReplicaSet
		scaled,       // pods for the present step
		pointed,      // Services select the revision that they stand for
		routed,       // requests go where the present step says
		stepped,      // the step is done once pods, routes and measurements are as it wants; the next one begins
		analysed,     // what the present step wants judged is measured, and nothing else
		experimented, // the Experiment of the step at work runs, and no other one
		handedOver,   // the workload that the template came from gives up its own pods
		dressed,      // pods wear the metadata of the role that they play
		restarted,    // pods that are older than somebody wants are replaced
		tidied,       // old revisions lose their pods, later their ReplicaSets

		concluded, // conditions, phase and the sentence that people read
	}
}

func blueGreenJudgements() []judgement {
	return []judgement{
		deleted, revised, counted, assessed, invalid, renewed, // as for a canary
		aborted,  // back to stable, and nothing else, until somebody retries
		awaited,  // the preview is complete: it is judged, and waits for its time or a person
		switched, // the active Service is to lead to the preview, or back
		adopted,  // the revision behind the active Service becomes the stable one

		created,    // the present template gets its ReplicaSet
		staffed,    // all pods on both sides, or a few for the preview
		led,        // the Services select what was decided
		analysed,   // what is to be judged before and after the switch is measured
		handedOver, // the workload that the template came from gives up its own pods
		dressed,    // pods wear the metadata of the role that they play
		restarted,  // pods that are older than somebody wants are replaced
		retired,    // old revisions lose their pods, later their ReplicaSets

		concluded, // conditions, phase and the sentence that people read
	}
}

type (
	// judgement looks at one aspect of a turn.
	judgement func(*turn) outcome
	outcome   bool
)

const (
	goOn   outcome = false
	enough outcome = true // nothing after this judgement may run
)
