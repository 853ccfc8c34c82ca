package alb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestInspect(t *testing.T) {
	cases := map[string][]string{
		"unweighed-path": {"KAN-ALB01 Ingress shop/web spec.rules[0].http.paths[0]: all its requests go to Service \"web-stable\" whatever the weights, " +
			"because its port is not named use-annotation. Write {service: {name: web-stable, port: {name: use-annotation}}}"},
		"walk":            nil,
		"absent":          nil,
		"no-rule-of-ours": nil,
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			c := rendertest.Read(t, "testdata/"+name+".in.yaml")
			var got []string
			for _, finding := range (alb.Renderer{}).Inspect(c.Rollout(t, ""), c.Cluster.Read()) {
				if finding.Blocks {
					t.Errorf("%s blocks", finding)
				}
				got = append(got, finding.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}
