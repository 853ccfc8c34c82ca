package experiment_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// story draws one turn as one block: what it comes to, then what it did and told.
func story(now time.Time, p decision, former *v1alpha1.ExperimentStatus) string {
	lines := []string{now.Format(time.TimeOnly) + " " + strings.Join(states(p, former), " | ")}
	for _, a := range p.Actions {
		lines = append(lines, "  "+a.String())
	}
	for _, c := range p.Status.Conditions {
		if !slices.Contains(former.Conditions, c) {
			lines = append(lines, fmt.Sprintf("  condition %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message))
		}
	}
	for _, e := range p.Events {
		lines = append(lines, "  "+map[bool]string{true: "warning ", false: "event "}[e.Warning]+e.Reason+": "+e.Message)
	}
	return strings.Join(lines, "\n")
}

func states(p decision, former *v1alpha1.ExperimentStatus) []string {
	head := string(p.Status.Phase)
	if head == "" {
		head = "(no phase)"
	}
	if p.Status.Message != "" {
		head += ": " + p.Status.Message
	}
	parts := []string{head}
	for _, s := range p.Status.TemplateStatuses {
		parts = append(parts, templateText(s))
	}
	for _, r := range p.Status.AnalysisRuns {
		parts = append(parts, "analysis "+r.Name+" "+string(r.Phase))
	}
	if former.AvailableAt == nil && p.Status.AvailableAt != nil {
		parts = append(parts, "available at "+clock(p.Status.AvailableAt))
	}
	if !p.Wake.IsZero() {
		parts = append(parts, "wake "+p.Wake.Format(time.TimeOnly))
	}
	return parts
}

// templateText: the three numbers are pods, ready ones and available ones.
func templateText(s v1alpha1.TemplateStatus) string {
	words := fmt.Sprintf("%s %s %d/%d/%d", s.Name, s.Status, s.Replicas, s.ReadyReplicas, s.AvailableReplicas)
	if s.CollisionCount != nil {
		words += fmt.Sprintf(" collisions=%d", *s.CollisionCount)
	}
	if s.ServiceName != "" {
		words += " service=" + s.ServiceName
	}
	if s.Message != "" {
		words += fmt.Sprintf(" %q", s.Message)
	}
	return words
}

func clock(t *metav1.Time) string { return t.UTC().Format(time.TimeOnly) }
