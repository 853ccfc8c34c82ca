package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// audit is what the lab writes, shortened to what is read.
const audit = `
{"verb":"create","requestReceivedTimestamp":"2026-11-21T05:00:01.000001Z","stageTimestamp":"2026-11-21T05:00:01.002Z","objectRef":{"resource":"analysisruns","namespace":"default","name":"web-1"},"responseStatus":{"code":201}}
{"verb":"update","requestReceivedTimestamp":"2026-11-21T05:00:02.000001Z","stageTimestamp":"2026-11-21T05:00:02.002Z","objectRef":{"resource":"analysisruns","namespace":"default","name":"web-1"},"responseStatus":{"code":200}}
{"verb":"update","requestReceivedTimestamp":"2026-11-21T05:00:03.000001Z","stageTimestamp":"2026-11-21T05:00:03.002Z","objectRef":{"resource":"analysisruns","namespace":"default","name":"web-1"},"responseStatus":{"code":409}}
{"verb":"get","requestReceivedTimestamp":"2026-11-21T05:00:03.100001Z","stageTimestamp":"2026-11-21T05:00:03.102Z","objectRef":{"resource":"analysisruns","namespace":"default","name":"web-1"},"responseStatus":{"code":200}}
{"verb":"patch","requestReceivedTimestamp":"2026-11-21T05:00:04.000001Z","stageTimestamp":"2026-11-21T05:00:04.002Z","objectRef":{"resource":"analysisruns","namespace":"default","name":"web-1"},"responseStatus":{"code":200}}
{"verb":"patch","requestReceivedTimestamp":"2026-11-21T05:00:05.000001Z","stageTimestamp":"2026-11-21T05:00:05.002Z","objectRef":{"resource":"rollouts","subresource":"status","namespace":"default","name":"web"},"responseStatus":{"code":200}}
half a li`

func TestTheWriteBehindWhatWasSeen(t *testing.T) {
	l := lab{audit: filepath.Join(t.TempDir(), "audit.log")}
	if err := os.WriteFile(l.audit, []byte(strings.TrimSpace(audit)), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339Nano, "2026-11-21T05:00:"+text+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	run := target{Resource: "analysisruns", Name: "web-1"}
	cases := map[string]struct {
		target target
		seen   string
		want   string // when it was received; empty for none
	}{
		"the last one":                         {run, "09", "04.000001"},
		"a later one is not it":                {run, "03.9", "02.000001"},
		"seen before it was answered":          {run, "04.001", "04.000001"},
		"a creation is none":                   {run, "01.9", ""},
		"a status is not the object":           {target{Resource: "rollouts", Name: "web"}, "09", ""},
		"a status is known by its subresource": {target{Resource: "rollouts", Subresource: "status", Name: "web"}, "09", "05.000001"},
		"what nobody wrote to cannot be timed": {target{Resource: "virtualservices", Name: "web"}, "09", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := l.wrote(c.target, at(c.seen))
			if (err != nil) != (c.want == "") {
				t.Fatalf("got the error %v", err)
			}
			if c.want != "" && (!got.Received.Equal(at(c.want)) || got.Answered.Sub(got.Received) != 1999*time.Microsecond) {
				t.Errorf("got %+v, want the one of %s", got, c.want)
			}
		})
	}
}
