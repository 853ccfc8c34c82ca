package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatPrometheusHasCounted(t *testing.T) {
	cases := map[string]struct {
		code int
		body string
		want int
		fine bool
	}{
		"some requests": {200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1763700000.5,"432"]}]}}`, 432, true},
		"no series yet": {200, `{"status":"success","data":{"resultType":"vector","result":[]}}`, 0, true},
		"no pod yet":    {503, `no pod answers for prometheus.monitoring`, 0, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var asked *http.Request
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r
				w.WriteHeader(c.code)
				_, _ = w.Write([]byte(c.body))
			}))
			defer server.Close()
			l := lab{Gateway: server.URL}
			inside, err := l.inside()
			if err != nil {
				t.Fatal(err)
			}
			got, err := countedBy(t.Context(), inside)
			if got != c.want || (err == nil) != c.fine {
				t.Errorf("got %d and %v, want %d", got, err, c.want)
			}
			if asked.Host != prometheusHost || asked.URL.Query().Get("query") != counted {
				t.Errorf("asked was %s for %s", asked.Host, asked.URL)
			}
		})
	}
}

func TestAMachineOnWhichPrometheusCannotRun(t *testing.T) {
	l := lab{Network: "private"}
	if err := l.ownNetwork(); err != nil {
		t.Error(err)
	}
	l.Network = "mapped"
	if err := l.ownNetwork(); err == nil || !strings.Contains(err.Error(), "run the demo as root") {
		t.Errorf("got %v, want the way out", err)
	}
}
