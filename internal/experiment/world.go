package experiment

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// World is everything Decide may know, read at one moment.
type World struct {
	// Experiment as stored.
	Experiment *v1alpha1.Experiment
	// ReplicaSets that the Experiment controls, and those that merely bear a name that one of its own could get: all whose name begins
	// with "<experiment>-<template>" for one of its templates.
	ReplicaSets []*appsv1.ReplicaSet
	// Services that the Experiment controls, those that its templates name, and those that bear the name of one of its ReplicaSets.
	Services []*corev1.Service
	// Runs are the AnalysisRuns that the Experiment controls, and those that merely take a name: all whose name begins with
	// "<experiment>-<analysis>" for one of its analyses.
	Runs []*v1alpha1.AnalysisRun
	// Templates that the Experiment's analyses name, with those that they name in turn. One that does not exist is absent.
	Templates map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec
}
