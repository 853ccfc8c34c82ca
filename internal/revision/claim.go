package revision

import (
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Claim says which ReplicaSets are the Rollout's, which have no owner and should become its own, and which it should
// let go because its selector no longer matches them. Those without a hash label are nobody's business here, and a
// selector that selects everything, or that cannot be read, changes no owner.
func Claim(ro *v1alpha1.Rollout, all []*appsv1.ReplicaSet) (owned, adopt, release []*appsv1.ReplicaSet) {
	selector, readable := selectorOf(ro)
	mayChange := readable && ro.DeletionTimestamp == nil
	for _, rs := range all {
		if rs.Namespace != ro.Namespace || HashOf(rs) == "" {
			continue
		}
		matches := readable && selector.Matches(labels.Set(rs.Labels))
		owner := metav1.GetControllerOf(rs)
		switch {
		case owner == nil && matches && mayChange && rs.DeletionTimestamp == nil:
			adopt = append(adopt, rs)
		case owner == nil || owner.UID != ro.UID: // somebody else's, or nobody's for now
		case matches || !mayChange:
			owned = append(owned, rs)
		default:
			release = append(release, rs)
		}
	}
	return owned, adopt, release
}

// selectorOf reads spec.selector. It is not readable while the selector is missing, empty or malformed.
func selectorOf(ro *v1alpha1.Rollout) (selector labels.Selector, readable bool) {
	selector, err := metav1.LabelSelectorAsSelector(ro.Spec.Selector)
	return selector, err == nil && ro.Spec.Selector != nil && !selector.Empty()
}
