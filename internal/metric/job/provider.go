package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

// Where a Job is found again.
const (
	nameKey      = "job-name"
	namespaceKey = "job-namespace"
)

// Provider runs Jobs.
type Provider struct {
	// Client reads live, without a cache: a Job that was just created must be found.
	Client client.Client
	// Namespace of all Jobs; empty: that of the run.
	Namespace string
	// Remote says that Client leads to another cluster, where nothing can own a Job.
	Remote bool
}

var _ metric.Provider = Provider{}

// Measure creates the Job, or looks after the one that prior created. The phase is the verdict; there is no value.
func (p Provider) Measure(ctx context.Context, q metric.Query, prior *metric.Measurement) (metric.Measurement, error) {
	if prior != nil && prior.Metadata[nameKey] != "" {
		m, err := p.resume(ctx, q, *prior)
		return m, masked(err, q)
	}
	m, err := p.create(ctx, q)
	return m, masked(err, q)
}

// Stop deletes the Job and its pods.
func (p Provider) Stop(ctx context.Context, q metric.Query, m metric.Measurement) (metric.Measurement, error) {
	if m.Metadata[nameKey] == "" {
		return m, errors.New("job: the measurement names no Job to stop")
	}
	if err := p.remove(ctx, p.found(q, m)); err != nil {
		return m, masked(err, q)
	}
	m.Phase, m.ResumeAt = v1alpha1.AnalysisPhaseInconclusive, time.Time{}
	return m, nil
}

// Retain deletes the oldest ended Jobs of the query's metric, so that limit are left. Jobs that still run stay.
func (p Provider) Retain(ctx context.Context, q metric.Query, limit int) error {
	var jobs batchv1.JobList
	labels := client.MatchingLabels{uidLabel: string(q.UID)}
	if err := p.Client.List(ctx, &jobs, client.InNamespace(p.namespace(q)), labels); err != nil {
		return masked(fmt.Errorf("job: listing Jobs in %q: %w", p.namespace(q), err), q)
	}
	mine := slices.DeleteFunc(jobs.Items, func(j batchv1.Job) bool { return j.Annotations[metricAnnotation] != q.Metric.Name })
	slices.SortFunc(mine, func(a, b batchv1.Job) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	for i := range max(0, len(mine)-limit) {
		if _, over := end(&mine[i]); !over {
			continue
		}
		if err := p.remove(ctx, &mine[i]); err != nil {
			return masked(err, q)
		}
	}
	return nil
}

func (p Provider) create(ctx context.Context, q metric.Query) (metric.Measurement, error) {
	job := p.wanted(q)
	err := p.Client.Create(ctx, job)
	if apierrors.IsAlreadyExists(err) {
		err = p.adopt(ctx, job)
	}
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("job: creating Job %q in %q: %w", job.Name, job.Namespace, err)
	}
	return metric.Measurement{
		Phase: v1alpha1.AnalysisPhaseRunning, ResumeAt: q.Now,
		Metadata: map[string]string{nameKey: job.Name, namespaceKey: job.Namespace},
	}, nil
}

// adopt takes a Job of that name as ours if it was made for the same measurement before an interruption.
func (p Provider) adopt(ctx context.Context, wanted *batchv1.Job) error {
	var there batchv1.Job
	if err := p.Client.Get(ctx, client.ObjectKeyFromObject(wanted), &there); err != nil {
		return err
	}
	if there.Labels[uidLabel] != wanted.Labels[uidLabel] {
		return errors.New("the name is taken by a Job of somebody else")
	}
	if there.Annotations[metricAnnotation] != wanted.Annotations[metricAnnotation] {
		return fmt.Errorf("the name is taken by metric %q: give the metrics names that differ in their beginnings", there.Annotations[metricAnnotation])
	}
	return nil
}

func (p Provider) resume(ctx context.Context, q metric.Query, m metric.Measurement) (metric.Measurement, error) {
	job := p.found(q, m)
	if err := p.Client.Get(ctx, client.ObjectKeyFromObject(job), job); err != nil {
		return m, fmt.Errorf("job: reading Job %q in %q: %w", job.Name, job.Namespace, err)
	}
	m.ResumeAt = time.Time{}
	if result, over := end(job); over {
		m.Phase, m.Message = result.phase, call.Mask(result.message, q.Secrets)
		return m, nil
	}
	var pods corev1.PodList
	if err := p.Client.List(ctx, &pods, client.InNamespace(job.Namespace), client.MatchingLabels{uidLabel: string(q.UID)}); err != nil {
		return m, fmt.Errorf("job: listing pods of Job %q in %q: %w", job.Name, job.Namespace, err)
	}
	if text := stuck(pods.Items, job); text != "" {
		m.Phase, m.Message = v1alpha1.AnalysisPhaseInconclusive, call.Mask(text, q.Secrets)
		return m, nil
	}
	m.Phase, m.ResumeAt = v1alpha1.AnalysisPhaseRunning, q.Now.Add(patience(q.Now.Sub(job.CreationTimestamp.Time)))
	return m, nil
}

// patience is the pause before the next look: a young Job is looked at often, an old one seldom.
func patience(age time.Duration) time.Duration {
	seconds := math.Sqrt(2 * max(0, age.Seconds()))
	return time.Duration(max(1, seconds) * float64(time.Second))
}

func (p Provider) found(q metric.Query, m metric.Measurement) *batchv1.Job {
	return &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
		Name: m.Metadata[nameKey], Namespace: cmp.Or(m.Metadata[namespaceKey], p.namespace(q)),
	}}
}

func (p Provider) remove(ctx context.Context, job *batchv1.Job) error {
	err := p.Client.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationForeground))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("job: deleting Job %q in %q: %w", job.Name, job.Namespace, err)
	}
	return nil
}

func (p Provider) namespace(q metric.Query) string { return cmp.Or(p.Namespace, q.Run.Namespace) }

// masked is an error without secrets: an API server repeats what it refuses.
func masked(err error, q metric.Query) error {
	if err == nil {
		return nil
	}
	text := call.Mask(err.Error(), q.Secrets)
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
