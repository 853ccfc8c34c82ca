package show

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	path, got := filepath.Join("testdata", name), strings.Join(lines, "\n")+"\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update rewrites it):\n%s", name, diff)
	}
}

// row is a stretch in which 1000 requests were counted.
func row(version string, asked, measured, errors int) Row {
	m := moment(0, asked)
	return Row{
		From: at(0), After: 12400 * time.Millisecond, Step: "4/7 pause 4s", Version: version, Asked: asked, Last: m,
		Answers: Tally{"blue": {1000 - measured, 0}, version: {measured, errors}},
	}
}

func rows() []Row {
	few := row("green", 10, 0, 0)
	few.Answers = Tally{"blue": {3, 0}}
	all := row("green", 100, 1000, 0)
	all.Step, all.Last.Pods = "all steps done", []Pods{{"blue", 0, 3}, {"green", 3, 3}}
	judged := row("red", 30, 305, 75)
	judged.Step = "2/5 analysis"
	for i := range 5 {
		judged.Judged = append(judged.Judged, judgement(2000*(i+1)))
	}
	return []Row{row("green", 0, 0, 0), few, row("green", 30, 298, 0), judged, all}
}

func TestLines(t *testing.T) {
	for name, paint := range map[string]Paint{"plain": {}, "painted": {On: true}} {
		t.Run(name, func(t *testing.T) {
			lines := []string{paint.Chapter("A headline"), paint.Command("kubectl-kanari promote myapp-rollout"), paint.Heading("green")}
			for _, row := range rows() {
				lines = append(lines, paint.Lines(row, 3)...)
			}
			golden(t, "lines."+name+".golden", append(lines, paint.Saying(moment(0, 30))))
		})
	}
}

func TestNoLineIsWiderThanATerminal(t *testing.T) {
	wide := row("green", 100, 1000, 1000)
	wide.Last.Pods = []Pods{{"blue", 0, 3}, {"green", 3, 3}, {"red", 1, 1}}
	for _, outcome := range []string{"Continue", Passed, Failed} {
		j := judgement(1000)
		j.Outcome, j.Canary, j.Stable = outcome, "green", "blue"
		j.CanaryCount, j.StableCount, j.Needs = Count{12_345, 0}, Count{56_789, 0}, 9_900
		j.Worse, j.Good, j.Low = 1000, 30, 12.3
		wide.Judged = append(wide.Judged, j)
	}
	var plain Paint
	for _, line := range append(plain.Lines(wide, len(wide.Judged)), plain.Heading("green")) {
		if got := len([]rune(line)); got > 99 {
			t.Errorf("%d columns:\n%s", got, line)
		}
	}
}
