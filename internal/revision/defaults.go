package revision

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// fillIn writes what the API server writes into the pod template of a ReplicaSet where its author left a blank. That is
// less than it writes into a pod: requests from limits, service links and host ports stay blank in a template.
func fillIn(spec *corev1.PodSpec) {
	fill(&spec.DNSPolicy, corev1.DNSClusterFirst)
	fill(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	fill(&spec.SchedulerName, corev1.DefaultSchedulerName)
	fill(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	fillPointer(&spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	fillPointer(&spec.SecurityContext, corev1.PodSecurityContext{})
	roundUp(spec.Overhead)
	if spec.Resources != nil {
		roundUp(spec.Resources.Limits)
		roundUp(spec.Resources.Requests)
	}
	for i := range spec.Volumes {
		fillVolume(&spec.Volumes[i])
	}
	for i := range spec.InitContainers {
		fillContainer(&spec.InitContainers[i])
	}
	for i := range spec.Containers {
		fillContainer(&spec.Containers[i])
	}
	for i := range spec.EphemeralContainers {
		common := corev1.Container(spec.EphemeralContainers[i].EphemeralContainerCommon)
		fillContainer(&common)
		spec.EphemeralContainers[i].EphemeralContainerCommon = corev1.EphemeralContainerCommon(common)
	}
}

func fillContainer(c *corev1.Container) {
	fill(&c.ImagePullPolicy, pullPolicy(c.Image))
	fill(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	fill(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	roundUp(c.Resources.Limits)
	roundUp(c.Resources.Requests)
	for i := range c.Ports {
		fill(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for _, variable := range c.Env {
		fillSource(variable.ValueFrom)
	}
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		fillProbe(probe)
	}
	if c.Lifecycle == nil {
		return
	}
	for _, hook := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
		if hook != nil {
			fillRequest(hook.HTTPGet)
		}
	}
}

func fillSource(source *corev1.EnvVarSource) {
	if source == nil {
		return
	}
	fillField(source.FieldRef)
	if source.FileKeyRef != nil {
		fillPointer(&source.FileKeyRef.Optional, false)
	}
}

func fillField(field *corev1.ObjectFieldSelector) {
	if field != nil {
		fill(&field.APIVersion, "v1")
	}
}

func fillProbe(probe *corev1.Probe) {
	if probe == nil {
		return
	}
	fill(&probe.TimeoutSeconds, 1)
	fill(&probe.PeriodSeconds, 10)
	fill(&probe.SuccessThreshold, 1)
	fill(&probe.FailureThreshold, 3)
	fillRequest(probe.HTTPGet)
	if probe.GRPC != nil {
		fillPointer(&probe.GRPC.Service, "")
	}
}

func fillRequest(get *corev1.HTTPGetAction) {
	if get == nil {
		return
	}
	fill(&get.Path, "/")
	fill(&get.Scheme, corev1.URISchemeHTTP)
}

// pullPolicy of an image that nobody gave one: the newest of all must be looked for each time, a version or a digest
// will not change.
func pullPolicy(image string) corev1.PullPolicy {
	if tagOf(image) == "latest" {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

// tagOf is the tag of an image; latest if it has neither tag nor digest. The colon of a registry's port is no tag, and
// what no image can be called, such as a name in capitals, has none either.
func tagOf(image string) string {
	named, _, digested := strings.Cut(image, "@")
	repository, tag, tagged := strings.Cut(named[strings.LastIndex(named, "/")+1:], ":")
	switch {
	case repository == "" || strings.ToLower(repository) != repository:
		return ""
	case tagged || digested:
		return tag
	}
	return "latest"
}

// roundUp gives up what is smaller than a thousandth.
func roundUp(list corev1.ResourceList) {
	for key, quantity := range list {
		quantity.RoundUp(resource.Milli)
		list[key] = quantity
	}
}

// fill writes value into a blank field.
func fill[T comparable](field *T, value T) {
	var blank T
	if *field == blank {
		*field = value
	}
}

// fillPointer writes a pointer to value into a blank field.
func fillPointer[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}
