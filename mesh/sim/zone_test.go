package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testHost = "test.default.svc.cluster.local"

// zonePods are a stable and a canary pod in each of three zones, with the labels of both ways to split them: by role, by role and zone,
// and the pairs of a ring.
func zonePods() []pod {
	pairs := map[string][]string{"a": {"ring.ab", "ring.ca"}, "b": {"ring.ab", "ring.bc"}, "c": {"ring.bc", "ring.ca"}}
	var all []pod
	for i, zone := range []string{"a", "b", "c"} {
		for j, version := range []string{"stable", "canary"} {
			labels := map[string]string{"app": "test", "zone": zone, "version": version}
			for _, pair := range pairs[zone] {
				labels[pair] = "1"
			}
			all = append(all, pod{address: fmt.Sprintf("10.0.%d.%d", i, j+1), zone: "us-east-1" + zone, labels: labels})
		}
	}
	return all
}

// zoneService has a route for each zone with 10 %, 50 % and 0 % for the canary; more is added to its end.
func zoneService(t *testing.T, subset func(version, zone string) string, more string) object {
	t.Helper()
	var text strings.Builder
	text.WriteString("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: test, namespace: default}\nspec:\n  hosts: [test]\n  http:\n")
	for zone, weight := range map[string]int{"a": 10, "b": 50, "c": 0} {
		fmt.Fprintf(&text, `  - name: zone-%[1]s-route
    match: [{sourceLabels: {topology.kubernetes.io/zone: us-east-1%[1]s}}]
    route:
    - {destination: {host: test, subset: %[2]s}, weight: %[3]d}
    - {destination: {host: test, subset: %[4]s}, weight: %[5]d}
`, zone, subset("stable", zone), 100-weight, subset("canary", zone), weight)
	}
	return decode[object](t, []byte(text.String()+more))
}

func zoneRule(t *testing.T, policy, subsets string) object {
	t.Helper()
	return decode[object](t, []byte(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: test, namespace: default}
spec:
  host: test
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 3, interval: 10s, baseEjectionTime: 30s, maxEjectionPercent: 100}
`+policy+"  subsets:\n"+subsets))
}

func subsetsByZone() string {
	var text strings.Builder
	for _, zone := range []string{"a", "b", "c"} {
		for _, version := range []string{"stable", "canary"} {
			fmt.Fprintf(&text, "  - {name: %[1]s-%[2]s, labels: {version: %[1]s, zone: %[2]s}}\n", version, zone)
		}
	}
	return text.String()
}

// subsetsOfARing hold the pods of all zones; each prefers its own, then the next, then the last.
func subsetsOfARing() string {
	var text strings.Builder
	for zone, pair := range map[string]string{"a": "ring.ab", "b": "ring.bc", "c": "ring.ca"} {
		for _, version := range []string{"stable", "canary"} {
			fmt.Fprintf(&text, `  - name: %s-%s
    labels: {version: %s}
    trafficPolicy:
      loadBalancer:
        localityLbSetting: {enabled: true, failoverPriority: ["%s=1", "topology.kubernetes.io/zone=us-east-1%s"]}
`, version, zone, version, pair, zone)
		}
	}
	return text.String()
}

const (
	subsetsByRole = "  - {name: stable, labels: {version: stable}}\n  - {name: canary, labels: {version: canary}}\n"
	inOrder       = "    loadBalancer: {localityLbSetting: {enabled: true, failoverPriority: [topology.kubernetes.io/region, topology.kubernetes.io/zone]}}\n"
	shared        = `    loadBalancer:
      localityLbSetting:
        enabled: true
        distribute:
        - {from: us-east-1/us-east-1a/*, to: {us-east-1/us-east-1a/*: 100}}
        - {from: us-east-1/us-east-1b/*, to: {us-east-1/us-east-1b/*: 100}}
        - {from: us-east-1/us-east-1c/*, to: {us-east-1/us-east-1c/*: 100}}
`
)

func byZone(version, zone string) string { return version + "-" + zone }
func byRole(version, _ string) string    { return version }

// TestWhoStandsInForAZone holds which endpoints of stable a client has, first those that it uses while they are well.
func TestWhoStandsInForAZone(t *testing.T) {
	for name, c := range map[string]struct {
		policy, subsets string
		subset          func(version, zone string) string
		want            map[string][][]string // by the client's zone
	}{
		"a zone in the subset's labels: nobody, whatever the policy": {
			policy: inOrder, subsets: subsetsByZone(), subset: byZone,
			want: map[string][][]string{"a": {{"10.0.0.1"}}, "b": {{"10.0.1.1"}}},
		},
		"a zone in the subset's labels, and distribute": {
			policy: shared, subsets: subsetsByZone(), subset: byZone,
			want: map[string][][]string{"a": {{"10.0.0.1"}}},
		},
		"subsets by role, and distribute: the others are emptied": {
			policy: shared, subsets: subsetsByRole, subset: byRole,
			want: map[string][][]string{"a": {{"10.0.0.1"}}, "c": {{"10.0.2.1"}}},
		},
		"subsets by role, and failoverPriority: both others at once": {
			policy: inOrder, subsets: subsetsByRole, subset: byRole,
			want: map[string][][]string{"a": {{"10.0.0.1"}, {"10.0.1.1", "10.0.2.1"}}, "b": {{"10.0.1.1"}, {"10.0.0.1", "10.0.2.1"}}},
		},
		"a ring of pairs: one after the other": {
			subsets: subsetsOfARing(), subset: byZone,
			want: map[string][][]string{
				"a": {{"10.0.0.1"}, {"10.0.1.1"}, {"10.0.2.1"}},
				"b": {{"10.0.1.1"}, {"10.0.2.1"}, {"10.0.0.1"}},
				"c": {{"10.0.2.1"}, {"10.0.0.1"}, {"10.0.1.1"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMesh(t, []object{zoneService(t, c.subset, ""), zoneRule(t, c.policy, c.subsets)}, zonePods())
			for zone, want := range c.want {
				client := m.client("us-east-1"+zone, nil)
				cluster := "outbound|80|" + c.subset("stable", zone) + "|" + testHost
				if diff := cmp.Diff(want, m.reached(client, cluster)); diff != "" {
					t.Errorf("a client in %s (-want +got):\n%s", zone, diff)
				}
			}
		})
	}
}

// TestWhichRouteAZoneGets holds that the zone of a client is enough, without a label on its pod.
func TestWhichRouteAZoneGets(t *testing.T) {
	last := "  - name: rest\n    route: [{destination: {host: test, subset: stable}}]\n"
	cluster := func(subset string) string { return "outbound|80|" + subset + "|" + testHost }
	for name, c := range map[string]struct {
		zone, more string
		want       choice
	}{
		"zone a":                     {zone: "us-east-1a", want: choice{name: "zone-a-route", shares: map[string]int{cluster("stable"): 9000, cluster("canary"): 1000}}},
		"zone b":                     {zone: "us-east-1b", want: choice{name: "zone-b-route", shares: map[string]int{cluster("stable"): 5000, cluster("canary"): 5000}}},
		"weight 0 is left out":       {zone: "us-east-1c", want: choice{name: "zone-c-route", shares: map[string]int{cluster("stable"): 10000}}},
		"another zone: every pod":    {zone: "us-west-9x", want: choice{name: "default", shares: map[string]int{cluster(""): 10000}}},
		"no zone: every pod":         {want: choice{name: "default", shares: map[string]int{cluster(""): 10000}}},
		"another zone, a last route": {zone: "us-west-9x", more: last, want: choice{name: "rest", shares: map[string]int{cluster("stable"): 10000}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMesh(t, []object{zoneService(t, byRole, c.more), zoneRule(t, inOrder, subsetsByRole)}, zonePods())
			client := m.client(c.zone, nil)
			got := choose(m.Routes(client), request{host: testHost, port: "80", path: "/"})
			if got.String() != c.want.String() {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.want.name == "default" {
				all := [][]string{{"10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2", "10.0.2.1", "10.0.2.2"}}
				if diff := cmp.Diff(all, flat(m.reached(client, cluster("")))); diff != "" {
					t.Errorf("the built-in route does not lead to every pod (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// flat forgets priorities.
func flat(levels [][]string) [][]string {
	var all []string
	for _, level := range levels {
		all = append(all, level...)
	}
	return [][]string{sorted(all)}
}
