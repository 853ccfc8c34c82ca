package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/internal/traffic"
)

// Action is one intended change to one thing, as data. The set is sealed: act handles every one of them.
//
//sumtype:decl
type Action interface {
	fmt.Stringer
	action()
}

type (
	// UpdateRollout edits the Rollout itself, never its status: annotations to set, and spec.replicas where it is absent
	// (the scale subresource needs a value).
	UpdateRollout struct {
		Annotations map[string]string
		Replicas    *int32
	}

	// AdoptReplicaSet makes the Rollout the controller of a ReplicaSet that matches its selector and has no controller.
	AdoptReplicaSet struct{ Name string }

	// ReleaseReplicaSet gives up a ReplicaSet that no longer matches the Rollout's selector.
	ReleaseReplicaSet struct{ Name string }

	// CreateReplicaSet creates a ReplicaSet under its deterministic name. One of that name that is ours already counts as done.
	CreateReplicaSet struct{ ReplicaSet *appsv1.ReplicaSet }

	// UpdateReplicaSet edits one ReplicaSet in one write: only what is set here changes. An annotation with a nil value is removed.
	// A number of pods is meant for the spec that was read, which Generation names: a controller that was away while another one went on
	// must not add pods to what that decided. 0 does not ask.
	UpdateReplicaSet struct {
		Name            string
		Generation      int64
		Replicas        *int32
		MinReadySeconds *int32
		Annotations     map[string]*string
	}

	// DeleteReplicaSet removes a revision that fell out of the history.
	DeleteReplicaSet struct{ Name string }

	// PointService makes a Service select the pods of one revision by its hash, and marks the Service with the Rollout that does so.
	PointService struct {
		Name string
		Hash string
	}

	// RouteTraffic makes every router of the Rollout send requests as Routing says.
	RouteTraffic struct{ Routing traffic.Routing }
)

func (UpdateRollout) action()     {}
func (AdoptReplicaSet) action()   {}
func (ReleaseReplicaSet) action() {}
func (CreateReplicaSet) action()  {}
func (UpdateReplicaSet) action()  {}
func (DeleteReplicaSet) action()  {}
func (PointService) action()      {}
func (RouteTraffic) action()      {}

func (a UpdateRollout) String() string {
	words := []string{"update rollout"}
	if a.Replicas != nil {
		words = append(words, fmt.Sprintf("replicas=%d", *a.Replicas))
	}
	for _, key := range slices.Sorted(maps.Keys(a.Annotations)) {
		words = append(words, shortKey(key)+"="+a.Annotations[key])
	}
	return strings.Join(words, " ")
}

func (a AdoptReplicaSet) String() string   { return "adopt " + a.Name }
func (a ReleaseReplicaSet) String() string { return "release " + a.Name }

func (a CreateReplicaSet) String() string {
	replicas := int32(0)
	if a.ReplicaSet.Spec.Replicas != nil {
		replicas = *a.ReplicaSet.Spec.Replicas
	}
	return fmt.Sprintf("create %s replicas=%d", a.ReplicaSet.Name, replicas)
}

func (a UpdateReplicaSet) String() string {
	words := []string{"update", a.Name}
	if a.Replicas != nil {
		words = append(words, fmt.Sprintf("replicas=%d", *a.Replicas))
	}
	if a.MinReadySeconds != nil {
		words = append(words, fmt.Sprintf("minReadySeconds=%d", *a.MinReadySeconds))
	}
	for _, key := range slices.Sorted(maps.Keys(a.Annotations)) {
		if value := a.Annotations[key]; value != nil {
			words = append(words, shortKey(key)+"="+*value)
			continue
		}
		words = append(words, "-"+shortKey(key))
	}
	return strings.Join(words, " ")
}

func (a DeleteReplicaSet) String() string { return "delete " + a.Name }
func (a PointService) String() string     { return fmt.Sprintf("point %s at %s", a.Name, a.Hash) }
func (a RouteTraffic) String() string     { return "route " + a.Routing.String() }

// shortKey is the part of an annotation key behind its domain.
func shortKey(key string) string {
	return key[strings.LastIndexByte(key, '/')+1:]
}
