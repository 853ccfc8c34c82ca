package programs

import "testing"

func TestOf(t *testing.T) {
	p := New(map[string]string{"prom/prometheus": "/prometheus", "localhost:5000/tool": "/tool"})
	for image, want := range map[string]string{
		"prom/prometheus":                    "/prometheus",
		"prom/prometheus:v3.15.0":            "/prometheus",
		"prom/prometheus:v3@sha256:1":        "/prometheus",
		"prom/prometheus-operator:v1":        "",
		"localhost:5000/tool":                "/tool",
		"localhost:5000/tool:v1":             "/tool",
		"registry.example/prom/prometheus:v": "",
	} {
		if got := p.Of(image); got != want {
			t.Errorf("Of(%q) = %q, want %q", image, got, want)
		}
	}
	var none *Table
	if got := none.Of("prom/prometheus"); got != "" {
		t.Errorf("a program %q out of nothing", got)
	}
}
