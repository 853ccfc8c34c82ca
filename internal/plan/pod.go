package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

type (
	// Wear is metadata that pods wear for the role they play. A nil value is taken off.
	Wear struct {
		Labels, Annotations map[string]*string
	}

	// DressReplicaSet changes the metadata of the pods to come. Worn is what the ReplicaSet is to remember of it, in JSON; nil forgets.
	DressReplicaSet struct {
		Name string
		Wear Wear
		Worn *string
	}

	// DressPod changes the metadata of a living pod. One that is gone needs none.
	DressPod struct {
		Name string
		Wear Wear
	}

	// EvictPod asks for a pod to go, so that its ReplicaSet makes a new one. A PodDisruptionBudget may refuse: it is asked again.
	EvictPod struct {
		Name string
		UID  types.UID
	}
)

func (DressReplicaSet) action() {}
func (DressPod) action()        {}
func (EvictPod) action()        {}

func (a DressReplicaSet) String() string { return "dress " + a.Name + a.Wear.String() }
func (a DressPod) String() string        { return "dress pod " + a.Name + a.Wear.String() }
func (a EvictPod) String() string        { return "evict " + a.Name }

// String is one short line for goldens and logs.
func (w Wear) String() string {
	var b strings.Builder
	for _, worn := range []map[string]*string{w.Labels, w.Annotations} {
		for _, key := range slices.Sorted(maps.Keys(worn)) {
			if value := worn[key]; value != nil {
				fmt.Fprintf(&b, " %s=%s", key, *value)
				continue
			}
			fmt.Fprintf(&b, " -%s", key)
		}
	}
	return b.String()
}

// Empty tells whether nothing is to be changed.
func (w Wear) Empty() bool { return len(w.Labels) == 0 && len(w.Annotations) == 0 }
