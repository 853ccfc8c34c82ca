package job_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/job"
)

const (
	uid  = "12345678-1234-1234-1234-123456789abc"
	name = uid + ".smoke.2"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func question(metricName string) metric.Query {
	spec := &v1alpha1.JobMetric{
		Metadata: metav1.ObjectMeta{Name: "not used", Labels: map[string]string{"team": "shop"}, Annotations: map[string]string{"note": "hi"}},
		Spec: batchv1.JobSpec{BackoffLimit: new(int32(0)), Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "smoke"}},
			Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{
				Name: "c", Image: "smoke:1", Args: []string{"--token=argum3nt"},
			}}},
		}},
	}
	return metric.Query{
		Run: types.NamespacedName{Namespace: "shop", Name: "run"}, UID: uid, Number: 2, Now: noon, Secrets: []string{"argum3nt"},
		Metric: v1alpha1.Metric{Name: metricName, Provider: v1alpha1.MetricProvider{Job: spec}},
	}
}

func cluster(objects ...client.Object) client.Client {
	return fake.NewClientBuilder().WithScheme(clientgoscheme.Scheme).WithObjects(objects...).Build()
}

func running(namespace string) metric.Measurement {
	return metric.Measurement{
		Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"job-name": name, "job-namespace": namespace}, ResumeAt: noon,
	}
}

// made is a Job of the run, by age.
func made(name, metricName string, age time.Duration, conditions ...batchv1.JobCondition) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "shop", UID: types.UID("uid-of-" + name), CreationTimestamp: metav1.NewTime(noon.Add(-age)),
			Labels:      map[string]string{"analysisrun.argoproj.io/uid": uid},
			Annotations: map[string]string{"analysisrun.argoproj.io/metric-name": metricName},
		},
		Status: batchv1.JobStatus{Conditions: conditions},
	}
}

func condition(kind batchv1.JobConditionType, status corev1.ConditionStatus) batchv1.JobCondition {
	return batchv1.JobCondition{Type: kind, Status: status, Reason: "BackoffLimitExceeded", Message: "Job has reached the limit with argum3nt"}
}

func TestAJobIsCreated(t *testing.T) {
	owner := []metav1.OwnerReference{{APIVersion: "argoproj.io/v1alpha1", Kind: "AnalysisRun", Name: "run", UID: uid, Controller: new(true), BlockOwnerDeletion: new(true)}}
	for name_, test := range map[string]struct {
		provider  job.Provider
		namespace string
		owner     []metav1.OwnerReference
	}{
		"beside the run":       {namespace: "shop", owner: owner},
		"in another namespace": {provider: job.Provider{Namespace: "jobs"}, namespace: "jobs"},
		"in another cluster":   {provider: job.Provider{Remote: true}, namespace: "shop"},
	} {
		t.Run(name_, func(t *testing.T) {
			test.provider.Client = cluster()
			q := question("smoke")
			got, err := test.provider.Measure(t.Context(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(running(test.namespace), got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			var created batchv1.Job
			if err := test.provider.Client.Get(t.Context(), types.NamespacedName{Namespace: test.namespace, Name: name}, &created); err != nil {
				t.Fatal(err)
			}
			want := batchv1.Job{
				ObjectMeta: metav1.ObjectMeta{
					Name: name, Namespace: test.namespace, OwnerReferences: test.owner, ResourceVersion: created.ResourceVersion,
					Labels: map[string]string{"team": "shop", "analysisrun.argoproj.io/uid": uid},
					Annotations: map[string]string{
						"note": "hi", "analysisrun.argoproj.io/name": "run", "analysisrun.argoproj.io/namespace": "shop", "analysisrun.argoproj.io/metric-name": "smoke",
					},
				},
				Spec: *question("smoke").Metric.Provider.Job.Spec.DeepCopy(),
			}
			want.Spec.Template.Labels = map[string]string{"app": "smoke", "analysisrun.argoproj.io/uid": uid}
			if diff := cmp.Diff(want, created); diff != "" {
				t.Errorf("Job (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(question("smoke"), q); diff != "" {
				t.Errorf("the question was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for metricName, want := range map[string]string{
		"smoke":                          uid + ".smoke.2",
		"a-name-of-twenty-four-x1":       uid + ".a-name-of-twenty-four-x1.2",
		"a-name-longer-than-twenty-four": uid + ".a-name-longer-than-twent.2",
		"a-name-that-is-cut-at-a-dash":   uid + ".a-name-that-is-cut-at-a.2",
		"Success Rate":                   uid + ".e89ce9d2-success-rate.2",
		"성공률":                            uid + ".3d1a6206.2",
		"success_rate":                   uid + ".9be5ef1f-success-rate.2",
	} {
		t.Run(metricName, func(t *testing.T) {
			got, err := job.Provider{Client: cluster()}.Measure(t.Context(), question(metricName), nil)
			if err != nil || len(got.Metadata["job-name"]) > 63 {
				t.Fatalf("%v: %v", err, got)
			}
			if got.Metadata["job-name"] != want {
				t.Errorf("name %s, want %s", got.Metadata["job-name"], want)
			}
		})
	}
}

func TestAJobThatIsThereAlready(t *testing.T) {
	foreign := made(name, "smoke", 0)
	foreign.Labels = nil
	for name_, test := range map[string]struct {
		there *batchv1.Job
		err   string
	}{
		"made for this measurement": {there: made(name, "smoke", 0)},
		"of somebody else":          {there: foreign, err: `creating Job "` + name + `" in "shop": the name is taken by a Job of somebody else`},
		"of another metric":         {there: made(name, "smoke-signals", 0), err: `the name is taken by metric "smoke-signals"`},
	} {
		t.Run(name_, func(t *testing.T) {
			got, err := job.Provider{Client: cluster(test.there)}.Measure(t.Context(), question("smoke"), nil)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if diff := cmp.Diff(running("shop"), got); diff != "" || err != nil {
				t.Errorf("error %v, measurement (-want +got):\n%s", err, diff)
			}
		})
	}
}

// pod is a pod of a Job with containers that wait.
func pod(of *batchv1.Job, status corev1.PodStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "pod-of-" + string(of.UID), Namespace: "shop", Labels: map[string]string{"analysisrun.argoproj.io/uid": uid},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: of.Name, UID: of.UID}},
		},
		Status: status,
	}
}

func waits(container, reason string) []corev1.ContainerStatus {
	return []corev1.ContainerStatus{
		{Name: "fine", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
		{Name: container, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: "no argum3nt:1"}}},
	}
}

func TestAJobIsLookedAfter(t *testing.T) {
	age := func(d time.Duration) *batchv1.Job { return made(name, "smoke", d) }
	after := func(d time.Duration) metric.Measurement {
		m := running("shop")
		m.ResumeAt = noon.Add(d)
		return m
	}
	ended := func(phase v1alpha1.AnalysisPhase, message string) metric.Measurement {
		m := running("shop")
		m.Phase, m.Message, m.ResumeAt = phase, message, time.Time{}
		return m
	}
	stuck := func(container, reason string) metric.Measurement {
		return ended(v1alpha1.AnalysisPhaseInconclusive, "Pod pod-of-uid-of-"+name+", container "+container+" has terminal error ("+reason+"): no *****:1")
	}
	for name_, test := range map[string]struct {
		there []client.Object
		want  metric.Measurement
	}{
		"young":     {[]client.Object{age(0)}, after(time.Second)},
		"older":     {[]client.Object{age(8 * time.Second)}, after(4 * time.Second)},
		"old":       {[]client.Object{age(2 * time.Hour)}, after(2 * time.Minute)},
		"complete":  {[]client.Object{made(name, "smoke", time.Minute, condition(batchv1.JobSuccessCriteriaMet, corev1.ConditionTrue), condition(batchv1.JobComplete, corev1.ConditionTrue))}, ended(v1alpha1.AnalysisPhaseSuccessful, "")},
		"failed":    {[]client.Object{made(name, "smoke", time.Minute, condition(batchv1.JobFailed, corev1.ConditionTrue))}, ended(v1alpha1.AnalysisPhaseFailed, "BackoffLimitExceeded: Job has reached the limit with *****")},
		"suspended": {[]client.Object{made(name, "smoke", 8*time.Second, condition(batchv1.JobSuspended, corev1.ConditionTrue))}, after(4 * time.Second)},
		"a condition that does not hold": {
			[]client.Object{made(name, "smoke", 8*time.Second, condition(batchv1.JobFailed, corev1.ConditionFalse))}, after(4 * time.Second),
		},
		"a container without image":      {[]client.Object{age(0), pod(age(0), corev1.PodStatus{ContainerStatuses: waits("c", "ErrImagePull")})}, stuck("c", "ErrImagePull")},
		"an image that is not pulled":    {[]client.Object{age(0), pod(age(0), corev1.PodStatus{ContainerStatuses: waits("c", "ImagePullBackOff")})}, stuck("c", "ImagePullBackOff")},
		"an init container with no name": {[]client.Object{age(0), pod(age(0), corev1.PodStatus{InitContainerStatuses: waits("i", "InvalidImageName")})}, stuck("i", "InvalidImageName")},
		"a container that only waits":    {[]client.Object{age(0), pod(age(0), corev1.PodStatus{ContainerStatuses: waits("c", "ContainerCreating")})}, after(time.Second)},
		"a pod of another Job":           {[]client.Object{age(0), pod(made("other", "smoke", 0), corev1.PodStatus{ContainerStatuses: waits("c", "ErrImagePull")})}, after(time.Second)},
	} {
		t.Run(name_, func(t *testing.T) {
			got, err := job.Provider{Client: cluster(test.there...)}.Measure(t.Context(), question("smoke"), new(running("shop")))
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("error %v, measurement (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAJobThatIsGone(t *testing.T) {
	_, err := job.Provider{Client: cluster()}.Measure(t.Context(), question("smoke"), new(running("shop")))
	if err == nil || !strings.HasPrefix(err.Error(), `job: reading Job "`+name+`" in "shop": `) {
		t.Errorf("error %v", err)
	}
}

func TestErrorsOfTheServerShowNoSecrets(t *testing.T) {
	errBoom := errors.New(`admission webhook denied: args ["--token=argum3nt"]`)
	refusing := interceptor.NewClient(cluster().(client.WithWatch), interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return errBoom },
	})
	_, err := job.Provider{Client: refusing}.Measure(t.Context(), question("smoke"), nil)
	want := `job: creating Job "` + name + `" in "shop": admission webhook denied: args ["--token=*****"]`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestStopDeletesTheJob(t *testing.T) {
	var policy *metav1.DeletionPropagation
	watched := interceptor.NewClient(cluster(made(name, "smoke", 0)).(client.WithWatch), interceptor.Funcs{
		Delete: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			policy = (&client.DeleteOptions{}).ApplyOptions(options).PropagationPolicy
			return inner.Delete(ctx, object, options...)
		},
	})
	for _, round := range []string{"a Job", "a Job that is gone"} {
		got, err := job.Provider{Client: watched}.Stop(t.Context(), question("smoke"), running("shop"))
		want := running("shop")
		want.Phase, want.ResumeAt = v1alpha1.AnalysisPhaseInconclusive, time.Time{}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v, measurement (-want +got):\n%s", round, err, diff)
		}
	}
	if policy == nil || *policy != metav1.DeletePropagationForeground {
		t.Errorf("deleted with %v", policy)
	}
	var left batchv1.JobList
	if err := watched.List(t.Context(), &left); err != nil || len(left.Items) != 0 {
		t.Errorf("%d Jobs left, %v", len(left.Items), err)
	}
	if _, err := (job.Provider{Client: watched}).Stop(t.Context(), question("smoke"), metric.Measurement{}); err == nil {
		t.Error("a measurement without Job was stopped")
	}
}

func TestOldJobsAreDeleted(t *testing.T) {
	done := condition(batchv1.JobComplete, corev1.ConditionTrue)
	foreign := made("foreign", "smoke", 9*time.Hour, done)
	foreign.Labels = nil
	there := []client.Object{
		made("oldest-runs", "smoke", 5*time.Hour), made("older", "smoke", 4*time.Hour, done), made("old", "smoke", 3*time.Hour, done), made("new", "smoke", time.Hour, done),
		made("other-metric", "load", 8*time.Hour, done), foreign,
	}
	for name_, test := range map[string]struct {
		limit int
		want  []string
	}{
		"all but two of this metric that ended": {limit: 2, want: []string{"foreign", "new", "old", "oldest-runs", "other-metric"}},
		"room for all":                          {limit: 4, want: []string{"foreign", "new", "old", "older", "oldest-runs", "other-metric"}},
	} {
		t.Run(name_, func(t *testing.T) {
			c := cluster(there...)
			if err := (job.Provider{Client: c}).Retain(t.Context(), question("smoke"), test.limit); err != nil {
				t.Fatal(err)
			}
			var left batchv1.JobList
			if err := c.List(t.Context(), &left); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, j := range left.Items {
				names = append(names, j.Name)
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}
