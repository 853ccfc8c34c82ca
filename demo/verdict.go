package main

import (
	"slices"
	"strconv"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/demo/show"
)

// judged is the latest judgement about the version that the Rollout asks for; nil while there is none.
func (s scene) judged() *show.Judgement {
	current := tag(s.rollout.Spec.Template)
	runs := slices.DeleteFunc(slices.Clone(s.runs), func(run v1alpha1.AnalysisRun) bool {
		return s.version(run.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]) != current
	})
	if len(runs) == 0 {
		return nil
	}
	run := slices.MaxFunc(runs, func(a, b v1alpha1.AnalysisRun) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	for _, result := range run.Status.MetricResults {
		if last := len(result.Measurements) - 1; last >= 0 && result.Measurements[last].Metadata["intervals"] > "0" {
			j := judgement(result.Measurements[last])
			j.Run, j.Canary, j.Stable = run.Name, current, s.version(s.rollout.Status.StableRS)
			return &j
		}
	}
	return nil
}

// judgement reads what the metric kanari.dev/compare keeps in a measurement.
func judgement(m v1alpha1.Measurement) show.Judgement {
	number := func(key string) float64 {
		value, _ := strconv.ParseFloat(m.Metadata[key], 64) // 0 for what is not there
		return value
	}
	count := func(version string) show.Count {
		return show.Count{Requests: int(number(version + "Requests")), Errors: int(number(version + "Bad"))}
	}
	return show.Judgement{
		Until: m.Metadata["until"], Outcome: m.Metadata["verdict"], Message: m.Message,
		CanaryCount: count("canary"), StableCount: count("stable"),
		Worse: number("e"), FailAt: number("failAt"), Good: number("eGood"), PassAt: number("passAt"), Low: number("low"),
		Needs: number("needs"), NeedsFor: m.Metadata["needsFor"],
	}
}
