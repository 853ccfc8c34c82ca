package experiment_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/experiment"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestMain lets the properties draw the same worlds every time, so that a red run means that somebody changed something.
func TestMain(m *testing.M) {
	flag.Parse()
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == seed.DefValue {
		if err := flag.Set("rapid.seed", "20261121"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// TestScenarios tells each scenario below testdata and compares it with its golden. A file has three parts: the manifests (the
// Experiment first, then templates), a script (see scene.do for its commands), and the story, one block a turn that did something.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d scenarios: %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { tellScenario(t, path) })
	}
}

func tellScenario(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil || len(archive.Files) < 2 {
		t.Fatalf("a scenario has manifests.yaml and script: %v", err)
	}
	s, err := setUp(string(archive.Files[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := tell(s, string(archive.Files[1].Data))
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

// setUp reads the manifests.
func setUp(manifests string) (*stage, error) {
	first, rest, _ := strings.Cut(manifests, "\n---\n")
	ex := &v1alpha1.Experiment{}
	if err := yaml.UnmarshalStrict([]byte(first), ex); err != nil {
		return nil, err
	}
	s := newStage(ex)
	for text := range strings.SplitSeq(rest, "\n---\n") {
		if text == "" {
			continue
		}
		template := &v1alpha1.AnalysisTemplate{}
		if err := yaml.UnmarshalStrict([]byte(text), template); err != nil {
			return nil, err
		}
		ref := v1alpha1.AnalysisTemplateRef{TemplateName: template.Name, ClusterScope: template.Kind == v1alpha1.ClusterAnalysisTemplateKind}
		s.templates[ref] = &template.Spec
	}
	return s, nil
}

func tell(s *stage, script string) (string, error) {
	var out strings.Builder
	s.seen = func(p decision, former *v1alpha1.ExperimentStatus) { fmt.Fprintln(&out, story(s.now, p, former)) }
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
//	start                          the controller sees the Experiment
//	wait 60s                       time passes
//	ready SET N                    so many pods of a ReplicaSet are ready
//	run RUN PHASE ["message"]      an AnalysisRun gets on
//	edit YAML                      somebody edits the spec; lists are replaced
//	terminate [not]                somebody ends the Experiment, or takes that back
//	retry                          somebody empties its status
//	delete (set|service|run) NAME  somebody deletes it; of a ReplicaSet the pods go too
//	doom (set|service|run|experiment) NAME  somebody deletes it, and it takes its time
//	foreign (set|service|run) NAME  there is one of that name that belongs to nobody
//	forget template NAME           an AnalysisTemplate is deleted
//	trouble SET "message"          a ReplicaSet cannot make pods
//	lag [not]                      whoever makes pods is slow, or is so no more
//	blind [not]                    the controller is not there, or is again
//	dies N                         the next turn dies after N writes
//	why                            the sentence that people read
//	show                           what there is
func (s scene) do(line string, out *strings.Builder) error {
	verb, rest, _ := strings.Cut(line, " ")
	words := append(strings.Fields(rest), "", "", "")
	switch verb {
	case "start":
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		return s.wait(d)
	case "why":
		fmt.Fprintln(out, s.whyText())
		return nil
	case "show":
		s.show(out)
		return nil
	case "dies":
		n, err := strconv.Atoi(rest)
		s.dies = n
		return err
	case "edit":
		if err := s.editSpec(rest); err != nil {
			return err
		}
	case "terminate":
		s.ex.Spec.Terminate = rest != "not"
	case "blind":
		s.blind = rest != "not"
	case "lag":
		s.lags = rest != "not"
		s.control()
	case "retry":
		s.ex.Status = v1alpha1.ExperimentStatus{}
	case "ready", "trouble", "run":
		if err := s.happen(verb, words[0], strings.TrimSpace(strings.TrimPrefix(rest, words[0]))); err != nil {
			return err
		}
	case "delete", "doom", "foreign", "forget":
		if err := s.tamper(verb+" "+words[0], words[1]); err != nil {
			return err
		}
	default:
		return errors.New("unknown command")
	}
	return s.settle()
}

func (s scene) editSpec(text string) error {
	var fresh v1alpha1.ExperimentSpec
	if err := yaml.UnmarshalStrict([]byte(text), &fresh); err != nil {
		return err
	}
	if fresh.Templates != nil {
		s.ex.Spec.Templates = nil
	}
	if fresh.Analyses != nil {
		s.ex.Spec.Analyses = nil
	}
	s.ex.Generation++
	return yaml.UnmarshalStrict([]byte(text), &s.ex.Spec)
}

// happen lets pods and runs get on.
func (s scene) happen(verb, name, rest string) error {
	rs, run := s.sets[name], s.runs[name]
	switch {
	case verb == "run" && run != nil:
		phase, quoted, _ := strings.Cut(rest, " ")
		message := ""
		if quoted != "" {
			var err error
			if message, err = strconv.Unquote(quoted); err != nil {
				return err
			}
		}
		s.end(run, v1alpha1.AnalysisPhase(phase), message)
		return nil
	case verb == "ready" && rs != nil:
		pods, err := strconv.Atoi(rest)
		s.ready(rs, int32(pods))
		return err
	case verb == "trouble" && rs != nil:
		rs.Status.Conditions = []appsv1.ReplicaSetCondition{{
			Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: rest,
		}}
		return nil
	}
	return errors.New("there is none of that name")
}

// tamper is what others do to objects.
func (s scene) tamper(what, name string) error {
	gone := metav1.NewTime(s.now)
	switch what {
	case "delete set":
		delete(s.sets, name)
	case "delete service":
		delete(s.services, name)
	case "delete run":
		delete(s.runs, name)
	case "doom set":
		s.sets[name].DeletionTimestamp = &gone
	case "doom run":
		s.runs[name].DeletionTimestamp = &gone
	case "doom service":
		s.services[name].DeletionTimestamp = &gone
	case "doom experiment":
		s.ex.DeletionTimestamp = &gone
	case "foreign set":
		s.sets[name] = &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(0))}}
	case "foreign run":
		s.runs[name] = &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Name: name}}
	case "foreign service":
		s.services[name] = &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}}
	case "forget template":
		delete(s.templates, v1alpha1.AnalysisTemplateRef{TemplateName: name})
	default:
		return errors.New("unknown command")
	}
	return nil
}

func (s scene) whyText() string {
	p := experiment.Decide(s.world(), s.now)
	lines := []string{strings.TrimSpace(p.Why.Sentence + " " + p.Why.Next)}
	for _, w := range p.Why.WaitingFor {
		line := fmt.Sprintf("  %s %s", w.Kind, w.Object)
		if w.Detail != "" {
			line += ": " + w.Detail
		}
		if !w.Until.IsZero() {
			line += " until " + w.Until.UTC().Format(time.TimeOnly)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// show draws what there is.
func (s scene) show(out *strings.Builder) {
	for _, name := range slices.Sorted(maps.Keys(s.sets)) {
		rs := s.sets[name]
		fmt.Fprintf(out, "ReplicaSet %s replicas=%d labels=%v selector=%v annotations=%v\n", name, *rs.Spec.Replicas, rs.Labels,
			metav1.FormatLabelSelector(rs.Spec.Selector), rs.Annotations)
	}
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		service := s.services[name]
		fmt.Fprintf(out, "Service %s selector=%v annotations=%v", name, service.Spec.Selector, service.Annotations)
		for _, p := range service.Spec.Ports {
			fmt.Fprintf(out, " %s=%d/%s→%s", p.Name, p.Port, p.Protocol, p.TargetPort.String())
		}
		fmt.Fprintln(out)
	}
	for _, name := range slices.Sorted(maps.Keys(s.runs)) {
		run := s.runs[name]
		fmt.Fprintf(out, "AnalysisRun %s terminate=%v labels=%v annotations=%v\n%s", name, run.Spec.Terminate, run.Labels, run.Annotations, specText(run))
	}
}

func specText(run *v1alpha1.AnalysisRun) string {
	spec := run.Spec.DeepCopy()
	spec.Metrics = nil
	written, err := yaml.Marshal(spec)
	if err != nil {
		panic(err)
	}
	return "  " + strings.ReplaceAll(strings.TrimSpace(string(written)), "\n", "\n  ") + "\n"
}
