package analysis

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// Decide says what should happen next to an AnalysisRun. It reads only its arguments, changes none of them, and given the same
// arguments returns the same Plan. It has no error: a spec that cannot be measured is a Plan too.
func Decide(w World, now time.Time) plan.Plan[v1alpha1.AnalysisRunStatus] {
	t := begin(w, now)
	for _, judge := range judgements() {
		if judge(t) == enough {
			break
		}
	}
	return t.plan()
}

// judgements in their order, which is the meaning of this package.
func judgements() []judgement {
	return []judgement{
		deleted,  // on its way out: garbage collection does the rest
		finished, // the verdict stands for ever; only its age matters
		resolved, // arguments are filled in; what cannot be measured ends here
		answered, // what came since becomes measurements
		judged,   // each metric by its limits; the first bad one ends the others
		trimmed,  // old measurements go
		verdict,  // the run is what its worst metric is
		measured, // what is due is asked
		told,     // the sentence that people read
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
