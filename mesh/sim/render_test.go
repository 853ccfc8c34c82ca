package sim

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refused are cases of VirtualServices to which Istio would have said no when their users wrote them. The renderer leaves all
// that is not its own as it found it, so what was wrong there stays wrong.
var refused = map[string]string{
	"odd-shapes":                  "entries that are no routes",
	"weight-absent":               "two destinations without a weight",
	"no-routes-at-all":            "no route",
	"http-named-with-foreign-tls": "hosts that YAML does not read as texts",
	"tls-by-port":                 "SNI hosts that are not among the hosts",
	"tls-by-port-and-hosts":       "SNI hosts that are not among the hosts",
	"tls-no-match":                "SNI hosts that are not among the hosts",
}

// TestEveryTurn holds of every turn of every case of the renderer: Istio accepts the objects, and its routes are what was wanted.
func TestEveryTurn(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cases, "*.in.yaml"))
	if err != nil || len(files) < 48 {
		t.Fatalf("%d cases in %s (error %v), there should be 48", len(files), cases, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".in.yaml")
		t.Run(name, func(t *testing.T) {
			for _, turn := range readCase(t, file) {
				t.Run(turn.name, func(t *testing.T) { turn.check(t, name) })
			}
		})
	}
}

func (turn turn) check(t *testing.T, name string) {
	for i, o := range turn.objects {
		t.Run("Istio accepts the "+o.text("kind"), func(t *testing.T) { accepts(t, name, turn.before[i], o) })
	}
	if slices.ContainsFunc(turn.objects, unreadable) {
		return // Istio could not even read them, which is said above
	}
	m := newMesh(t, turn.inTheMesh(), turn.pods())
	for _, o := range turn.objects {
		if o["kind"] == "VirtualService" {
			look{turn, m, o}.all(t)
		}
	}
	if turn.rule() != nil && turn.refused == "" {
		turn.checkSubsets(t, m)
	}
}

// accepts holds that Istio has nothing against an object that it had not before.
func accepts(t *testing.T, name string, before, after object) {
	_, old := validate(before)
	_, err := validate(after)
	if old != nil && refused[name] == "" {
		t.Errorf("the case begins with an object that Istio refuses: %v", old)
	}
	if err != nil && (old == nil || old.Error() != err.Error()) {
		t.Error(err)
	}
}

func unreadable(o object) bool {
	_, _, err := converted(o)
	return err != nil
}

// inTheMesh are the objects with every VirtualService bound to sidecars: the same routes, without a gateway in between.
func (turn turn) inTheMesh() []object {
	var all []object
	for _, o := range turn.objects {
		if o.at("spec", "gateways") != nil {
			o = maps.Clone(o)
			spec := maps.Clone(o["spec"].(map[string]any))
			delete(spec, "gateways")
			o["spec"] = spec
		}
		all = append(all, o)
	}
	return all
}

// rule is the DestinationRule of the turn's Rollout.
func (turn turn) rule() object {
	spec := turn.rollout.Spec.Strategy.Canary.TrafficRouting.Istio.DestinationRule
	for _, o := range turn.objects {
		if spec != nil && o["kind"] == "DestinationRule" && o.text("metadata", "name") == spec.Name {
			return o
		}
	}
	return nil
}

func (turn turn) spared() []string {
	if spec := turn.rollout.Spec.Strategy.Canary.TrafficRouting.Istio.DestinationRule; spec != nil {
		return spec.AdditionalSubsetNames
	}
	return nil
}

func (turn turn) subsets() (canary, stable string) {
	spec := turn.rollout.Spec.Strategy.Canary.TrafficRouting.Istio.DestinationRule
	if spec == nil {
		return "", ""
	}
	canary, stable = spec.CanarySubsetName, spec.StableSubsetName
	if canary == "" {
		canary = "canary"
	}
	if stable == "" {
		stable = "stable"
	}
	return canary, stable
}

const hashLabel = "rollouts-pod-template-hash"

// pods are one of each revision that the turn or any subset speaks of, with every other label that a subset asks for.
func (turn turn) pods() []pod {
	hashes := map[string]bool{turn.want.Canary.Hash: true, turn.want.Stable.Hash: true, "another": true}
	labels := map[string]string{}
	for _, o := range turn.objects {
		for _, subset := range o.entries("spec", "subsets") {
			asked, _ := subset["labels"].(map[string]any)
			for key, value := range asked {
				labels[key] = fmt.Sprint(value)
			}
			hashes[subset.text("labels", hashLabel)] = true
		}
	}
	delete(hashes, "")
	var all []pod
	for i, hash := range slices.Sorted(maps.Keys(hashes)) {
		own := maps.Clone(labels)
		own[hashLabel] = hash
		all = append(all, pod{address: "10.0.0." + strconv.Itoa(i+1), zone: "us-east-1a", labels: own})
	}
	return all
}

// checkSubsets holds that the two subsets lead to the pods of their revisions and to no others.
func (turn turn) checkSubsets(t *testing.T, m mesh) {
	rule := turn.rule()
	canary, stable := turn.subsets()
	client := m.client("us-east-1a", nil)
	for subset, hash := range map[string]string{canary: turn.want.Canary.Hash, stable: turn.want.Stable.Hash} {
		if hash == "" {
			continue
		}
		t.Run("subset "+subset+" holds the pods of "+hash, func(t *testing.T) {
			var want []string
			asked := subsetOf(rule, subset)
			for _, p := range turn.pods() {
				if selected(asked, p.labels) && p.labels[hashLabel] == hash {
					want = append(want, p.address)
				}
			}
			got := m.reached(client, "outbound|80|"+subset+"|"+fqdn(rule.text("spec", "host"), rule.namespace()))
			if diff := cmp.Diff([][]string{want}, got); diff != "" && len(want) > 0 {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if asked.text("labels", hashLabel) != hash {
				t.Errorf("the subset asks for %v", asked["labels"])
			}
		})
	}
}

func subsetOf(rule object, name string) object {
	for _, subset := range rule.entries("spec", "subsets") {
		if subset.text("name") == name {
			return subset
		}
	}
	return nil
}

func selected(subset object, labels map[string]string) bool {
	asked, _ := subset["labels"].(map[string]any)
	for key, value := range asked {
		if labels[key] != fmt.Sprint(value) {
			return false
		}
	}
	return true
}

func sorted(all []string) []string { slices.Sort(all); return all }
