package expression_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/expression"
)

var update = flag.Bool("update", false, "rewrite the outcomes")

const corpus = "testdata/conditions.txt"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// entry is one line of the corpus.
type entry struct {
	result any
	text   string
	want   string
}

func TestWhatConditionsMakeOfResults(t *testing.T) {
	cache := expression.NewCache(1000)
	var written strings.Builder
	lines, count := readCorpus(t), 0
	for _, line := range lines {
		if line.text == "" {
			written.WriteString(line.want + "\n")
			continue
		}
		count++
		got := outcome(cache, line.text, line.result)
		written.WriteString("\t" + line.text + "   => " + got + "\n")
		if got != line.want && !*update {
			t.Errorf("%v: %s\n got %s\nwant %s", line.result, line.text, got, line.want)
		}
	}
	if count < 200 {
		t.Errorf("the corpus shrank to %d cases", count)
	}
	if *update {
		if err := os.WriteFile(corpus, []byte(written.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheMeterChangesNoOutcome compares each case of the corpus with the bare language: compiled with the very result in its hands,
// with every optimisation, and without a meter.
func TestTheMeterChangesNoOutcome(t *testing.T) {
	lines := readCorpus(t)
	for _, line := range lines {
		if line.text == "" {
			continue
		}
		if got, want := outcome(nil, line.text, line.result), bare(line.text, line.result); got != want {
			t.Errorf("%v: %s\nmetered %s\n   bare %s", line.result, line.text, got, want)
		}
	}
}

func outcome(cache *expression.Cache, text string, result any) string {
	phase, err := expression.Conditions{Success: text}.Judge(cache, result, noon)
	if err != nil {
		return "error: " + strings.TrimPrefix(err.Error(), fmt.Sprintf("could not evaluate successCondition %q: ", text))
	}
	return strconv.FormatBool(phase == v1alpha1.AnalysisPhaseSuccessful)
}

func bare(text string, result any) string {
	value, err := bareValue(text, result)
	if yes, ok := value.(bool); err == nil && ok {
		return strconv.FormatBool(yes)
	}
	if list := reflect.ValueOf(result); expression.IsNil(result) || (list.Kind() == reflect.Slice && list.Len() == 0) {
		return "error: metric result is nil or empty: no data returned from the metric provider"
	}
	if err == nil {
		return fmt.Sprintf("error: expected bool, but got %T", value)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	// A remainder by nothing is found while folding there and while running here.
	return "error: " + strings.Replace(first, "integer divide", "runtime error: integer divide", 1)
}

func bareValue(text string, result any) (any, error) {
	if pointer, ok := result.(*float64); ok {
		result = nil
		if pointer != nil {
			result = *pointer
		}
	}
	names := expression.Vocabulary(result, noon)
	program, err := expr.Compile(text, expr.Env(names), expr.DisableBuiltin("now"))
	if err != nil {
		return nil, err
	}
	return expr.Run(program, names)
}

func readCorpus(t *testing.T) []entry {
	t.Helper()
	text, err := os.ReadFile(corpus)
	if err != nil {
		t.Fatal(err)
	}
	var lines []entry
	var result any
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		condition, indented := strings.CutPrefix(line, "\t")
		if !indented {
			if literal, ok := strings.CutPrefix(line, "result "); ok {
				result = parseResult(t, literal)
			}
			lines = append(lines, entry{want: line})
			continue
		}
		condition, want, _ := strings.Cut(condition, "   => ")
		lines = append(lines, entry{result: result, text: condition, want: want})
	}
	return lines
}

// parseResult reads a result: JSON, or a word for what JSON cannot say.
func parseResult(t *testing.T, literal string) any {
	t.Helper()
	switch literal {
	case "nil":
		return nil
	case "nilpointer":
		return (*float64)(nil)
	case "NaN":
		return math.NaN()
	case "+Inf":
		return math.Inf(1)
	}
	kind, rest, _ := strings.Cut(literal, " ")
	switch kind {
	case "int":
		return decode[int](t, rest)
	case "floats":
		return decode[[]float64](t, rest)
	case "pointer":
		return new(decode[float64](t, rest))
	}
	return decode[any](t, literal)
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestBothConditions(t *testing.T) {
	for name, test := range map[string]struct {
		conditions expression.Conditions
		want       v1alpha1.AnalysisPhase
		message    string
	}{
		"no condition: an answer is enough":     {expression.Conditions{}, "Successful", ""},
		"success holds":                         {expression.Conditions{Success: "result > 1"}, "Successful", ""},
		"success does not hold":                 {expression.Conditions{Success: "result > 3"}, "Failed", ""},
		"failure holds":                         {expression.Conditions{Failure: "result > 1"}, "Failed", ""},
		"failure does not hold":                 {expression.Conditions{Failure: "result > 3"}, "Successful", ""},
		"failure wins over success":             {expression.Conditions{Success: "result > 1", Failure: "result > 1"}, "Failed", ""},
		"success only":                          {expression.Conditions{Success: "result > 1", Failure: "result > 3"}, "Successful", ""},
		"failure only":                          {expression.Conditions{Success: "result > 3", Failure: "result > 1"}, "Failed", ""},
		"neither: nobody can say":               {expression.Conditions{Success: "result > 3", Failure: "result < 1"}, "Inconclusive", ""},
		"an error of success":                   {expression.Conditions{Success: "result >", Failure: "true"}, "Error", `could not evaluate successCondition "result >": unexpected token EOF (1:8)`},
		"an error of failure, though success":   {expression.Conditions{Success: "true", Failure: "result.x"}, "Error", `could not evaluate failureCondition "result.x": type float64 has no field x (1:8)`},
		"the first error is the one of success": {expression.Conditions{Success: "1", Failure: "2"}, "Error", `could not evaluate successCondition "1": expected bool, but got int`},
		"a place in the second line":            {expression.Conditions{Success: "result > 1 &&\n reslut < 2"}, "Error", "could not evaluate successCondition \"result > 1 &&\\n reslut < 2\": unknown name reslut (2:2)"},
	} {
		t.Run(name, func(t *testing.T) {
			phase, err := test.conditions.Judge(nil, 2.0, noon)
			message := ""
			if err != nil {
				message = err.Error()
			}
			if diff := cmp.Diff([]string{string(test.want), test.message}, []string{string(phase), message}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
