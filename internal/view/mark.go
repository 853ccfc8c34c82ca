package view

import "strings"

// Mark is a status at a glance; printers turn it into an icon and a colour.
type Mark string

// The marks.
const (
	Good    Mark = "Good"
	Moving  Mark = "Moving"
	Waiting Mark = "Waiting"
	Bad     Mark = "Bad"
	Warning Mark = "Warning"
	Unsure  Mark = "Unsure"
	Idle    Mark = "Idle"
	Queued  Mark = "Queued"
)

var icons = map[Mark]string{
	Good: "✔", Moving: "◌", Waiting: "॥", Bad: "✖", Warning: "⚠", Unsure: "?", Idle: "•", Queued: "◷",
}

// Icon is the one character for the mark; a blank for none.
func (m Mark) Icon() string {
	if icon, ok := icons[m]; ok {
		return icon
	}
	return " "
}

var marks = map[string]Mark{
	"Healthy": Good, "Running": Good, "Completed": Good, "Successful": Good,
	"Progressing": Moving, "Pending": Moving, "Terminating": Moving, "ContainerCreating": Moving, "PodInitializing": Moving,
	"Paused":   Waiting,
	"Degraded": Bad, "Failed": Bad, "CrashLoopBackOff": Bad, "ReplicaFailure": Bad,
	"Error": Warning, "InvalidSpec": Warning, "ImagePullBackOff": Warning,
	"Unknown": Unsure, "Inconclusive": Unsure,
	"ScaledDown": Idle,
}

// markOf is the mark of a Rollout's, ReplicaSet's or pod's status word; words that say nothing about good or bad have none.
func markOf(status string) Mark {
	if mark, ok := marks[status]; ok {
		return mark
	}
	switch {
	case strings.HasPrefix(status, "Init:"):
		return Moving
	case strings.HasPrefix(status, "Err"), strings.HasSuffix(status, "Error"):
		return Warning
	}
	return ""
}

// markOfAnalysis differs from markOf where a run goes on: running is not yet good.
func markOfAnalysis(phase string) Mark {
	switch phase {
	case "Running":
		return Moving
	case "Pending", "":
		return Queued
	}
	return markOf(phase)
}
