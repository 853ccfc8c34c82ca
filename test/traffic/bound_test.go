package traffic

import "testing"

func TestBound(t *testing.T) {
	for name, c := range map[string]struct {
		n           int
		share       float64
		least, most int
	}{
		"nothing is exact":               {1000, 0, 0, 0},
		"all is exact":                   {1000, 1, 1000, 1000},
		"half of ten leaves everything":  {10, 0.5, 0, 10},
		"half of a thousand":             {1000, 0.5, 448, 552},
		"a tenth of ten thousand":        {10000, 0.1, 903, 1100},
		"a small share is not symmetric": {1000, 0.01, 2, 22},
	} {
		if least, most := Bound(c.n, c.share); least != c.least || most != c.most {
			t.Errorf("%s: %d to %d, want %d to %d", name, least, most, c.least, c.most)
		}
	}
}
