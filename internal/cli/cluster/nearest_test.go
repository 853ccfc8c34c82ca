package cluster

import "testing"

func TestDistance(t *testing.T) {
	tests := map[string]struct {
		a, b string
		want int
	}{
		"equal":            {"web", "web", 0},
		"one left out":     {"web", "wb", 1},
		"one too many":     {"web", "webs", 1},
		"two changed over": {"web", "wbe", 2},
		"one replaced":     {"web", "wab", 1},
		"nothing there":    {"", "web", 3},
		"nothing in common, as far as the longer one is long": {"abc", "wxyz", 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := distance(test.a, test.b); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
