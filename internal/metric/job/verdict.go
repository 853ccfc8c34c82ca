package job

import (
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

type result struct {
	phase   v1alpha1.AnalysisPhase
	message string
}

// end is how a Job ended, if it did.
func end(job *batchv1.Job) (result, bool) {
	for _, c := range job.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			continue
		}
		switch c.Type {
		case batchv1.JobComplete:
			return result{phase: v1alpha1.AnalysisPhaseSuccessful}, true
		case batchv1.JobFailed:
			return result{phase: v1alpha1.AnalysisPhaseFailed, message: strings.Trim(c.Reason+": "+c.Message, ": ")}, true
		}
	}
	return result{}, false
}

// hopeless are the reasons for which a container waits that waiting does not mend.
var hopeless = []string{"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}

// stuck says which container of the Job cannot start; empty: none.
func stuck(pods []corev1.Pod, job *batchv1.Job) string {
	for _, pod := range pods {
		if !slices.ContainsFunc(pod.OwnerReferences, isJob(job)) {
			continue
		}
		for _, container := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
			waiting := container.State.Waiting
			if waiting != nil && slices.Contains(hopeless, waiting.Reason) {
				return fmt.Sprintf("Pod %s, container %s has terminal error (%s): %s", pod.Name, container.Name, waiting.Reason, waiting.Message)
			}
		}
	}
	return ""
}
