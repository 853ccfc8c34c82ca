package v1alpha1

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// What acts where a field is absent. The functions of this file never change the object: what a user did not write
// stays unwritten.
const (
	DefaultReplicas                = int32(1)
	DefaultRevisionHistoryLimit    = int32(10)
	DefaultProgressDeadlineSeconds = int32(600)
	DefaultRunHistoryLimit         = int32(5)
	DefaultMaxTrafficWeight        = int32(100)
	DefaultMirrorPercentage        = int32(100)
	DefaultConsecutiveErrorLimit   = int32(4)
	DefaultScaleDownDelay          = 30 * time.Second
	DefaultAbortScaleDownDelay     = 30 * time.Second
	DefaultMaxSurge                = "25%"
	DefaultMaxUnavailable          = "25%"
	DefaultNginxAnnotationPrefix   = "nginx.ingress.kubernetes.io"
	DefaultALBAnnotationPrefix     = "alb.ingress.kubernetes.io"
	DefaultCanarySubset            = "canary"
	DefaultStableSubset            = "stable"
)

// Replicas is the number of pods wanted.
func Replicas(ro *Rollout) int32 { return or(ro.Spec.Replicas, DefaultReplicas) }

// RevisionHistoryLimit is how many old ReplicaSets are kept.
func RevisionHistoryLimit(ro *Rollout) int32 {
	return or(ro.Spec.RevisionHistoryLimit, DefaultRevisionHistoryLimit)
}

// ProgressDeadlineSeconds is how long a rollout may make no progress.
func ProgressDeadlineSeconds(ro *Rollout) int32 {
	return or(ro.Spec.ProgressDeadlineSeconds, DefaultProgressDeadlineSeconds)
}

// SuccessfulRunHistoryLimit is how many successful AnalysisRuns and Experiments are kept.
func SuccessfulRunHistoryLimit(ro *Rollout) int32 {
	if ro.Spec.Analysis == nil {
		return DefaultRunHistoryLimit
	}
	return or(ro.Spec.Analysis.SuccessfulRunHistoryLimit, DefaultRunHistoryLimit)
}

// UnsuccessfulRunHistoryLimit is how many failed, errored and inconclusive ones are kept.
func UnsuccessfulRunHistoryLimit(ro *Rollout) int32 {
	if ro.Spec.Analysis == nil {
		return DefaultRunHistoryLimit
	}
	return or(ro.Spec.Analysis.UnsuccessfulRunHistoryLimit, DefaultRunHistoryLimit)
}

// MaxTrafficWeight is the weight that means all of the traffic.
func MaxTrafficWeight(ro *Rollout) int32 {
	canary := ro.Spec.Strategy.Canary
	if canary == nil || canary.TrafficRouting == nil {
		return DefaultMaxTrafficWeight
	}
	return or(canary.TrafficRouting.MaxTrafficWeight, DefaultMaxTrafficWeight)
}

// MaxSurge is how many pods may be too many: a number, or a string that ends in a percent sign. Blue-green has no
// surge of its own and gets the default.
func MaxSurge(ro *Rollout) intstr.IntOrString {
	if canary := ro.Spec.Strategy.Canary; canary != nil {
		return percentage(canary.MaxSurge, DefaultMaxSurge)
	}
	return intstr.FromString(DefaultMaxSurge)
}

// MaxUnavailable is how many pods may be missing: a number, or a string that ends in a percent sign.
func MaxUnavailable(ro *Rollout) intstr.IntOrString {
	switch strategy := ro.Spec.Strategy; {
	case strategy.Canary != nil:
		return percentage(strategy.Canary.MaxUnavailable, DefaultMaxUnavailable)
	case strategy.BlueGreen != nil:
		return percentage(strategy.BlueGreen.MaxUnavailable, DefaultMaxUnavailable)
	}
	return intstr.FromString(DefaultMaxUnavailable)
}

// percentage adds the percent sign that a string means even where it lacks one.
func percentage(value *intstr.IntOrString, absent string) intstr.IntOrString {
	switch {
	case value == nil:
		return intstr.FromString(absent)
	case value.Type == intstr.String && !strings.HasSuffix(value.StrVal, "%"):
		return intstr.FromString(value.StrVal + "%")
	}
	return *value
}

// ScaleDownDelay is how long old pods stay after a promotion; zero lets them go at once. A canary without traffic
// routing has no such delay: its old pods are the traffic.
func ScaleDownDelay(ro *Rollout) time.Duration {
	switch strategy := ro.Spec.Strategy; {
	case strategy.BlueGreen != nil:
		return seconds(strategy.BlueGreen.ScaleDownDelaySeconds, DefaultScaleDownDelay)
	case strategy.Canary != nil && strategy.Canary.TrafficRouting != nil:
		return seconds(strategy.Canary.ScaleDownDelaySeconds, DefaultScaleDownDelay)
	}
	return 0
}

// AbortScaleDownDelay is how long the new pods stay after an abort. It is false where the user wrote 0: then they
// stay for ever. Whether the user wrote anything is for the caller to see in the field itself.
func AbortScaleDownDelay(ro *Rollout) (time.Duration, bool) {
	var written *int32
	switch strategy := ro.Spec.Strategy; {
	case strategy.BlueGreen != nil:
		written = strategy.BlueGreen.AbortScaleDownDelaySeconds
	case strategy.Canary != nil:
		written = strategy.Canary.AbortScaleDownDelaySeconds
	}
	delay := seconds(written, DefaultAbortScaleDownDelay)
	return delay, delay != 0
}

// AutoPromotionEnabled tells whether a blue-green Rollout promotes without a person.
func AutoPromotionEnabled(strategy *BlueGreenStrategy) bool {
	return strategy.AutoPromotionEnabled == nil || *strategy.AutoPromotionEnabled
}

// MirrorPercentage is the share of matched requests that a mirror route copies.
func MirrorPercentage(route *SetMirrorRoute) int32 {
	return or(route.Percentage, DefaultMirrorPercentage)
}

// CanarySubset is the DestinationRule's subset of the new version.
func CanarySubset(rule *IstioDestinationRule) string {
	if rule.CanarySubsetName == "" {
		return DefaultCanarySubset
	}
	return rule.CanarySubsetName
}

// StableSubset is the DestinationRule's subset of the stable version.
func StableSubset(rule *IstioDestinationRule) string {
	if rule.StableSubsetName == "" {
		return DefaultStableSubset
	}
	return rule.StableSubsetName
}

// PauseDuration is how long a pause lasts; false for one that waits for a person, and for no pause at all.
// What cannot be read counts as minus one second, which validation refuses.
func PauseDuration(pause *RolloutPause) (time.Duration, bool) {
	if pause == nil || pause.Duration == nil {
		return 0, false
	}
	if pause.Duration.Type == intstr.Int {
		return time.Duration(pause.Duration.IntVal) * time.Second, true
	}
	if n, err := strconv.ParseInt(pause.Duration.StrVal, 10, 32); err == nil {
		return time.Duration(n) * time.Second, true
	}
	duration, err := time.ParseDuration(pause.Duration.StrVal)
	if err != nil {
		return -time.Second, true
	}
	return duration, true
}

// CanaryServices are the names of the two Services of a canary, by the role that each plays now. Where two take turns the status says which is stable.
func CanaryServices(ro *Rollout) (canary, stable string) {
	strategy := ro.Spec.Strategy.Canary
	switch {
	case strategy == nil:
		return "", ""
	case strategy.PingPong == nil:
		return strategy.CanaryService, strategy.StableService
	case ro.Status.Canary.StablePingPong == PPPing:
		return strategy.PingPong.PongService, strategy.PingPong.PingService
	default:
		return strategy.PingPong.PingService, strategy.PingPong.PongService
	}
}

// TemplateRefs are the AnalysisTemplates that a Rollout names anywhere.
func TemplateRefs(ro *Rollout) []AnalysisTemplateRef {
	var all []AnalysisTemplateRef
	for _, block := range Analyses(ro) {
		all = append(all, block.Templates...)
	}
	if ro.Spec.Strategy.Canary == nil {
		return all
	}
	for _, step := range ro.Spec.Strategy.Canary.Steps {
		if step.Experiment == nil {
			continue
		}
		for _, ref := range step.Experiment.Analyses {
			all = append(all, ref.Ref())
		}
	}
	return all
}

// Ref is the template as templates name each other.
func (a RolloutExperimentStepAnalysisTemplateRef) Ref() AnalysisTemplateRef {
	return AnalysisTemplateRef{TemplateName: a.TemplateName, ClusterScope: a.ClusterScope}
}

// ServiceNames lists the Services that a Rollout names, each once: those that must exist for it to work.
func ServiceNames(ro *Rollout) []string {
	var names []string
	add := func(name string) {
		if slices.Contains(names, name) {
			return
		}
		if name != "" {
			names = append(names, name)
		}
	}
	if blueGreen := ro.Spec.Strategy.BlueGreen; blueGreen != nil {
		add(blueGreen.ActiveService)
		add(blueGreen.PreviewService)
	}
	if canary := ro.Spec.Strategy.Canary; canary != nil {
		add(canary.StableService)
		add(canary.CanaryService)
		if canary.PingPong != nil {
			add(canary.PingPong.PingService)
			add(canary.PingPong.PongService)
		}
	}
	return names
}

// Analyses are all blocks of a Rollout that ask for an AnalysisRun.
func Analyses(ro *Rollout) []*RolloutAnalysis {
	var all []*RolloutAnalysis
	if blueGreen := ro.Spec.Strategy.BlueGreen; blueGreen != nil {
		all = append(all, blueGreen.PrePromotionAnalysis, blueGreen.PostPromotionAnalysis)
	}
	if canary := ro.Spec.Strategy.Canary; canary != nil {
		if canary.Analysis != nil {
			all = append(all, &canary.Analysis.RolloutAnalysis)
		}
		for i := range canary.Steps {
			all = append(all, canary.Steps[i].Analysis)
		}
	}
	return slices.DeleteFunc(all, func(block *RolloutAnalysis) bool { return block == nil })
}

func or(value *int32, absent int32) int32 {
	if value == nil {
		return absent
	}
	return *value
}

func seconds(value *int32, absent time.Duration) time.Duration {
	if value == nil {
		return absent
	}
	return time.Duration(*value) * time.Second
}
