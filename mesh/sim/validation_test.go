package sim

import (
	"strings"
	"testing"
)

const hybrid = `apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: test, namespace: default}
spec:
  hosts: [test]
  http:
  - name: header
    match: [{headers: {x-canary: {exact: "true"}}}]
    route: [{destination: {host: test, subset: canary}}]
  - name: primary
    route:
    - {destination: {host: test, subset: stable}, weight: 95}
    - {destination: {host: test, subset: canary}, weight: 5}
`

const rule = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: test, namespace: default}
spec:
  host: test
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 3}
  subsets:
  - {name: stable, labels: {version: stable}}
  - {name: canary, labels: {version: canary}}
`

const toAnotherZone = "    loadBalancer: {localityLbSetting: {enabled: true, failover: [{from: us-east-1/us-east-1a, to: us-east-1/us-east-1b}]}}\n"

// TestWhatIstioAccepts holds what its webhook lets pass, refuses, and takes without a word although it does nothing.
func TestWhatIstioAccepts(t *testing.T) {
	in := func(text, before, after string) string { return strings.Replace(text, before, after, 1) }
	withBalancer := func(balancer string) string { return in(rule, "  subsets:", balancer+"  subsets:") }
	for name, c := range map[string]struct{ text, err, warning string }{
		"header first, then weights":         {text: hybrid},
		"v1beta1":                            {text: in(hybrid, "v1alpha3", "v1beta1")},
		"a sum of 90":                        {text: in(hybrid, "weight: 95", "weight: 85")},
		"a sum of 200":                       {text: in(hybrid, "weight: 95", "weight: 195")},
		"both 0":                             {text: in(in(hybrid, "weight: 95", "weight: 0"), "weight: 5", "weight: 0"), err: "total destination weight = 0"},
		"a negative weight":                  {text: in(hybrid, "weight: 95", "weight: -5"), err: "weight -5 < 0"},
		"the weight of a single destination": {text: in(hybrid, "subset: canary}}]", "subset: canary}, weight: 0}]")},
		"a destination without a host":       {text: in(hybrid, "host: test, subset: canary", "subset: canary"), err: "empty domain name not allowed"},
		"a VirtualService without hosts":     {text: in(hybrid, "  hosts: [test]\n", ""), warning: ""},
		"a subset that no rule defines":      {text: in(hybrid, "subset: stable", "subset: nowhere")},
		"a host that is no Service":          {text: in(hybrid, "host: test, subset: stable", "host: nowhere")},
		"two routes of one name":             {text: in(hybrid, "name: header", "name: primary")},
		"a rule with outlier detection":      {text: rule},
		"subsets of one name":                {text: in(rule, "name: canary", "name: stable"), err: "duplicate"},
		"subsets that hold the same pods":    {text: in(rule, "version: canary", "version: stable")},
		"consecutiveErrors":                  {text: in(rule, "consecutive5xxErrors", "consecutiveErrors"), warning: "deprecated"},
		"failoverPriority":                   {text: withBalancer(inOrder)},
		"distribute":                         {text: withBalancer(shared)},
		"failover between zones":             {text: withBalancer(toAnotherZone), err: "only specify region"},
		"distribute and failover":            {text: withBalancer(shared + "        failover: [{from: us-east-1, to: us-west-1}]\n"), err: "can not simultaneously specify"},
	} {
		t.Run(name, func(t *testing.T) {
			warning, err := validate(decode[object](t, []byte(c.text)))
			if err == nil && c.err != "" || err != nil && (c.err == "" || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if (warning == "") != (c.warning == "") || !strings.Contains(warning, c.warning) {
				t.Errorf("warning %q, want %q", warning, c.warning)
			}
		})
	}
}
