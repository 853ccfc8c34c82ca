package view

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// revisionsOf groups what the Rollout owns by revision, the newest first.
func revisionsOf(objects Objects, sets []numbered) []Revision {
	byNumber := map[int64]*Revision{}
	at := func(number int64) *Revision {
		if byNumber[number] == nil {
			byNumber[number] = &Revision{Number: number}
		}
		return byNumber[number]
	}
	for _, set := range sets {
		revision := at(set.revision)
		revision.ReplicaSets = append(revision.ReplicaSets, set.view)
	}
	for i := range objects.Experiments {
		if experiment := &objects.Experiments[i]; ownedBy(experiment, objects.Rollout.UID) {
			revision := at(revisionOf(experiment))
			revision.Experiments = append(revision.Experiments, experimentOf(experiment, objects))
		}
	}
	for i := range objects.AnalysisRuns {
		if run := &objects.AnalysisRuns[i]; ownedBy(run, objects.Rollout.UID) {
			revision := at(revisionOf(run))
			revision.AnalysisRuns = append(revision.AnalysisRuns, analysisRunOf(run))
		}
	}
	return newestFirst(byNumber)
}

func newestFirst(byNumber map[int64]*Revision) []Revision {
	var revisions []Revision
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(byNumber))) {
		revision := byNumber[number]
		slices.SortFunc(revision.Experiments, func(a, b Experiment) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Name, b.Name))
		})
		slices.SortFunc(revision.AnalysisRuns, oldestRunFirst)
		revisions = append(revisions, *revision)
	}
	return revisions
}

func oldestRunFirst(a, b AnalysisRun) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Name, b.Name))
}

func experimentOf(experiment *v1alpha1.Experiment, objects Objects) Experiment {
	phase := string(experiment.Status.Phase)
	return Experiment{
		Name:         experiment.Name,
		Status:       cmp.Or(phase, string(v1alpha1.AnalysisPhasePending)),
		Mark:         markOfAnalysis(phase),
		Message:      experiment.Status.Message,
		CreatedAt:    experiment.CreationTimestamp.UTC(),
		ReplicaSets:  replicaSetsOwnedBy(experiment.UID, objects),
		AnalysisRuns: analysisRunsOwnedBy(experiment.UID, objects),
	}
}

func replicaSetsOwnedBy(owner types.UID, objects Objects) []ReplicaSet {
	var sets []ReplicaSet
	for i := range objects.ReplicaSets {
		if set := &objects.ReplicaSets[i]; ownedBy(set, owner) {
			sets = append(sets, replicaSetOf(set, objects))
		}
	}
	slices.SortFunc(sets, func(a, b ReplicaSet) int { return cmp.Compare(a.Name, b.Name) })
	return sets
}

func analysisRunsOwnedBy(owner types.UID, objects Objects) []AnalysisRun {
	var runs []AnalysisRun
	for i := range objects.AnalysisRuns {
		if run := &objects.AnalysisRuns[i]; ownedBy(run, owner) {
			runs = append(runs, analysisRunOf(run))
		}
	}
	slices.SortFunc(runs, oldestRunFirst)
	return runs
}

func analysisRunOf(run *v1alpha1.AnalysisRun) AnalysisRun {
	phase := string(run.Status.Phase)
	v := AnalysisRun{
		Name:      run.Name,
		Status:    cmp.Or(phase, string(v1alpha1.AnalysisPhasePending)),
		Mark:      markOfAnalysis(phase),
		Message:   run.Status.Message,
		CreatedAt: run.CreationTimestamp.UTC(),
	}
	for _, result := range run.Status.MetricResults {
		v.Successful += result.Successful
		v.Failed += result.Failed
		v.Inconclusive += result.Inconclusive
		v.Error += result.Error
		v.Jobs = append(v.Jobs, jobsOf(result)...)
	}
	return v
}

// jobNameKey is where the Job provider keeps the name of the Job that makes a measurement.
const jobNameKey = "job-name"

func jobsOf(result v1alpha1.MetricResult) []Job {
	var jobs []Job
	for _, measurement := range result.Measurements {
		name := measurement.Metadata[jobNameKey]
		if name == "" {
			continue
		}
		job := Job{Name: name, Status: string(measurement.Phase), Mark: markOfAnalysis(string(measurement.Phase))}
		if measurement.StartedAt != nil {
			job.CreatedAt = measurement.StartedAt.UTC()
		}
		jobs = append(jobs, job)
	}
	return jobs
}
