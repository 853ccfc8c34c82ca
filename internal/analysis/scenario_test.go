package analysis_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/metric"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestScenarios tells each scenario below testdata and compares it with its golden. A file has three parts: the AnalysisRun, a script
// (see scene.do for its commands), and the story, one line a turn that did something.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d scenarios: %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { tellScenario(t, path) })
	}
}

func tellScenario(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil || len(archive.Files) < 2 {
		t.Fatalf("a scenario has run.yaml and script: %v", err)
	}
	run := &v1alpha1.AnalysisRun{}
	if err := yaml.UnmarshalStrict(archive.Files[0].Data, run); err != nil {
		t.Fatal(err)
	}
	got, err := tell(run, string(archive.Files[1].Data))
	if err != nil {
		t.Fatalf("the story so far:\n%s\n%v", got, err)
	}
	if *update {
		archive.Files = append(archive.Files[:2:2], txtar.File{Name: "story", Data: []byte(got)})
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := ""
	if len(archive.Files) > 2 {
		want = string(archive.Files[2].Data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the story differs (- golden, + told now):\n%s", diff)
	}
}

func tell(run *v1alpha1.AnalysisRun, script string) (string, error) {
	var out strings.Builder
	s := newStage(run)
	s.seen = func(p decision, former *v1alpha1.AnalysisRunStatus) { fmt.Fprintln(&out, story(s.now, p, former)) }
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fmt.Fprintln(&out, "> "+line)
		if err := (scene{s}).do(line, &out); err != nil {
			return out.String(), fmt.Errorf("%s: %w", line, err)
		}
	}
	return out.String(), nil
}

type scene struct{ *stage }

// do carries out one line of a script:
//
//	start                        the controller sees the run
//	wait 60s                     time passes
//	answer METRIC WHAT           the backend answers the open question
//	serve METRIC WHAT            it gives that answer to each question from now on; "nothing" ends that
//	terminate                    somebody ends the run
//	secret NAME KEY VALUE        a Secret has that value
//	restart                      the controller forgets what it has asked
//	why                          the sentence that people read
//	keep                         the measurements that are stored
//
// WHAT is JSON, or nil, or NaN, or error "text", or a phase with "text", or running 30s [job-name].
func (s scene) do(line string, out *strings.Builder) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "start":
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		return s.wait(d)
	case "answer", "serve":
		return s.speak(verb, rest)
	case "terminate":
		s.run.Spec.Terminate = true
	case "secret":
		words := strings.Fields(rest)
		s.secrets[v1alpha1.SecretKeyRef{Name: words[0], Key: words[1]}] = strings.Join(words[2:], " ")
	case "restart":
		clear(s.asked)
	case "why":
		p := analysis.Decide(s.world(), s.now)
		fmt.Fprintf(out, "%s %s %s\n", p.Why.Sentence, p.Why.Next, waits(p))
		return nil
	case "keep":
		for _, r := range s.run.Status.MetricResults {
			for _, m := range r.Measurements {
				fmt.Fprintf(out, "%s %s %s\n", r.Name, clock(m.StartedAt), measurementText(m))
			}
			if len(r.Metadata) > 0 {
				fmt.Fprintf(out, "%s %v\n", r.Name, r.Metadata)
			}
		}
		return nil
	default:
		return errors.New("unknown command")
	}
	return s.settle()
}

func waits(p decision) string {
	texts := make([]string, len(p.Why.WaitingFor))
	for i, w := range p.Why.WaitingFor {
		texts[i] = fmt.Sprintf("[%s %s: %s]", w.Kind, w.Object, w.Detail)
	}
	return strings.Join(texts, " ")
}

func (s scene) speak(verb, rest string) error {
	name, what, _ := strings.Cut(rest, " ")
	if what == "nothing" {
		delete(s.serving, name)
		return nil
	}
	answer, err := parseAnswer(name, what)
	if err != nil {
		return err
	}
	if verb == "serve" {
		s.serving[name] = func(metric.Query) analysis.Answer { return answer(s.now) }
		if _, open := s.asked[name]; !open {
			return nil
		}
	}
	if _, open := s.asked[name]; !open {
		return fmt.Errorf("nobody has asked for %s", name)
	}
	s.answer(answer(s.now))
	return s.settle()
}

func parseAnswer(name, what string) (func(time.Time) analysis.Answer, error) {
	word, rest, _ := strings.Cut(what, " ")
	quoted, unquoteErr := strconv.Unquote(rest)
	fixed := func(m metric.Measurement) (func(time.Time) analysis.Answer, error) {
		return func(time.Time) analysis.Answer { return analysis.Answer{Metric: name, Measurement: m} }, nil
	}
	switch word {
	case "error":
		return func(time.Time) analysis.Answer { return analysis.Answer{Metric: name, Problem: quoted} }, unquoteErr
	case "Successful", "Failed", "Inconclusive", "Error":
		return fixed(metric.Measurement{Phase: v1alpha1.AnalysisPhase(word), Message: quoted})
	case "about":
		return fixed(metric.Measurement{Value: 1.0, Text: rest, About: map[string]string{"query": rest}, Metadata: map[string]string{"job-name": rest}})
	case "running":
		return running(name, strings.Fields(rest))
	case "nil":
		return fixed(metric.Measurement{})
	case "NaN":
		return fixed(metric.Measurement{Value: math.NaN(), Text: what})
	}
	var value any
	if err := json.Unmarshal([]byte(what), &value); err != nil {
		return nil, err
	}
	return fixed(metric.Measurement{Value: value, Text: what})
}

func running(name string, words []string) (func(time.Time) analysis.Answer, error) {
	m := metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning}
	pause, err := time.ParseDuration(words[0])
	if len(words) > 1 {
		m.Metadata = map[string]string{"job-name": words[1]}
	}
	return func(now time.Time) analysis.Answer {
		answer := m
		if pause > 0 {
			answer.ResumeAt = now.Add(pause)
		}
		return analysis.Answer{Metric: name, Measurement: answer}
	}, err
}
