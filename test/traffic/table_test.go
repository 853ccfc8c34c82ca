package traffic

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		share Share
		want  [2]int
	}{
		"drawn by lot":                 {Share{Of: 1000, Want: 0.5}, [2]int{448, 552}},
		"counted out":                  {Share{Of: 1000, Want: 0.5, Exact: true}, [2]int{495, 505}},
		"nothing is nothing":           {Share{Of: 1000, Want: 0, Exact: true}, [2]int{0, 0}},
		"everything is everything":     {Share{Of: 1000, Want: 1, Exact: true}, [2]int{1000, 1000}},
		"halves of a request round up": {Share{Of: 1005, Want: 0.1, Exact: true}, [2]int{96, 106}},
	} {
		least, most := c.share.Accepted()
		if diff := cmp.Diff(c.want, [2]int{least, most}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMarkdown(t *testing.T) {
	const why = "Crashed pods answer nobody."
	table := Table{}
	table.Add(Row{
		Proxy: "Traefik", Router: "HTTPRoute", What: "abort", Requests: 10,
		Lag: &Lag{Ordered: []time.Duration{3e6, 1e6, 2e6}, Control: []time.Duration{4e6}},
	})
	table.Add(Row{Proxy: "Traefik", Router: "HTTPRoute", What: "crash", Requests: 9, Failed: 3, Excused: 2, Why: why, Share: &Share{Of: 10, Got: 4, Want: 0.5}})
	table.Add(Row{Proxy: "Traefik", Router: "HTTPRoute", What: "crash", Requests: 9, Failed: 2, Excused: 2, Why: why})
	var got strings.Builder
	if err := table.Markdown(&got); err != nil {
		t.Fatal(err)
	}
	want := `| proxy | router | what | requests | failed | share wanted | measured | accepted | lag p50/max ms | by hand p50/max ms | control p50/p99 ms |
|---|---|---|---|---|---|---|---|---|---|---|
| Traefik | HTTPRoute | abort | 10 | 0 |  |  |  | 2 / 3 (n=3) |  | 4 / 4 (n=1) |
| Traefik | HTTPRoute | crash | 9 | 1 (and 2 of crashed pods) | 50 % | 4 of 10 | 0 to 10 |  |  |  |
| Traefik | HTTPRoute | crash | 9 | 0 (and 2 of crashed pods) |  |  |  |  |  |  |

` + why + "\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
