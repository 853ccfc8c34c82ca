package job

import (
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
)

// What marks a Job as that of a run.
const (
	uidLabel            = "analysisrun.argoproj.io/uid"
	nameAnnotation      = "analysisrun.argoproj.io/name"
	namespaceAnnotation = "analysisrun.argoproj.io/namespace"
	metricAnnotation    = "analysisrun.argoproj.io/metric-name"
)

// maxName keeps a Job's name short enough for the label of its pods.
const maxName = 63

// wanted is the Job of a measurement.
func (p Provider) wanted(q metric.Query) *batchv1.Job {
	spec := q.Metric.Provider.Job
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: jobName(q), Namespace: p.namespace(q),
			Labels:      with(spec.Metadata.Labels, map[string]string{uidLabel: string(q.UID)}),
			Annotations: with(spec.Metadata.Annotations, map[string]string{nameAnnotation: q.Run.Name, namespaceAnnotation: q.Run.Namespace, metricAnnotation: q.Metric.Name}),
		},
		Spec: *spec.Spec.DeepCopy(),
	}
	job.Spec.Template.Labels = with(job.Spec.Template.Labels, map[string]string{uidLabel: string(q.UID)})
	if !p.Remote && job.Namespace == q.Run.Namespace {
		job.OwnerReferences = []metav1.OwnerReference{owner(q)}
	}
	return job
}

func owner(q metric.Query) metav1.OwnerReference {
	return metav1.OwnerReference{
		APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "AnalysisRun", Name: q.Run.Name, UID: q.UID,
		Controller: new(true), BlockOwnerDeletion: new(true),
	}
}

func isJob(job *batchv1.Job) func(metav1.OwnerReference) bool {
	return func(ref metav1.OwnerReference) bool { return ref.UID == job.UID && ref.Kind == "Job" }
}

// with is theirs and ours; ours win.
func with(theirs, ours map[string]string) map[string]string {
	all := maps.Clone(theirs)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, ours)
	return all
}

// jobName is <uid>.<metric>.<number>, with as much of the metric's name as there is room for.
func jobName(q metric.Query) string {
	number := strconv.Itoa(q.Number)
	room := max(1, maxName-len(q.UID)-len(number)-2)
	name := asName(q.Metric.Name)
	if len(name) > room {
		name = strings.TrimRight(name[:room], "-.")
	}
	return fmt.Sprintf("%s.%s.%s", q.UID, name, number)
}

// asName is a metric's name as Kubernetes takes names. One that has to be changed gets a hash, so that two do not become one.
func asName(metricName string) string {
	plain := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(metricName)), "-.")
	if plain == metricName {
		return plain
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(metricName)) // a hash takes everything
	if plain == "" {
		return fmt.Sprintf("%08x", h.Sum32())
	}
	return fmt.Sprintf("%08x-%s", h.Sum32(), plain)
}
