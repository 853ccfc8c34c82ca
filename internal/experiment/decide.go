package experiment

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// Decide says what should happen next to an Experiment. It reads only its arguments, changes none of them, and given the same
// arguments returns the same Plan. It has no error: a bad spec is a Plan too.
func Decide(w World, now time.Time) plan.Plan[v1alpha1.ExperimentStatus] {
	t := begin(w, now)
	for _, judge := range judgements() {
		if judge(t) == enough {
			break
		}
	}
	return t.plan()
}

// judgements in their order, which is the meaning of this package. Those of the first group find out where the Experiment stands and
// move its status; those of the second make the cluster follow; the last tells people.
func judgements() []judgement {
	return []judgement{
		deleted,  // on its way out: garbage collection does the rest
		gathered, // which ReplicaSets and Services are ours, and which group each belongs to
		assessed, // what the analyses found since: a bad verdict counts whatever else is wrong
		invalid,  // a spec that cannot be followed starts nothing
		checked,  // an analysis that can never begin ends the Experiment before it starts pods
		counted,  // what there is, in numbers
		ranked,   // the state of each group by its pods, the clock, and whether the end has come
		verdict,  // the Experiment is what the worst of its groups and analyses is

		peopled,  // each group gets its pods; after the end they go
		served,   // each group that wants one has a Service as long as it has pods
		measured, // once all groups run, analyses begin; after the end they stop

		concluded, // conditions and the sentence that people read
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
