package expression_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/internal/expression"
)

// TestEveryExpressionEnds tries what would run for years or fill the machine's memory, and wants a clear end within seconds.
func TestEveryExpressionEnds(t *testing.T) {
	const spent = "stopped: the expression takes too much time or memory"
	points := make([]any, 11_000)
	for i := range points {
		points[i] = float64(i)
	}
	for name, test := range map[string]struct{ text, want string }{
		"loops within loops":               {"all(1..900, any(1..900, all(1..900, # > 0)))", "memory budget exceeded"},
		"loops over the result":            {"all(result, any(result, all(result, any(result, # < 0))))", spent},
		"loops over one list":              {"let a = 1..900; all(a, any(a, all(a, any(a, # < 0))))", spent},
		"a loop over everything in a loop": {"all(result, sum(result) > 0)", spent},
		"searching everything in a loop":   {"all(result, -1 not in result)", spent},
		"a range without end":              {"len(1..9000000000000000) > 0", "memory budget exceeded"},
		"a text that doubles":              {`len(reduce(1..1000, #acc + #acc, "ab")) > 0`, spent},
		"a text that doubles by let":       {"let a = \"ab\"; " + doublings(60, "let %n = %p + %p; ") + "len(z) > 0", spent},
		"a list that doubles":              {"len(reduce(1..1000, concat(#acc, #acc), [1])) > 0", "memory budget exceeded"},
		"a list of lists that doubles":     {"string(reduce(1..1000, [#acc, #acc], [1])) != \"\"", spent},
		"a map that doubles":               {`toJSON(reduce(1..1000, ({"a": #acc, "b": #acc}), 1)) != ""`, spent},
		"the same lists compared":          {"let a = reduce(1..60, [#acc, #acc], [1]); let b = reduce(1..60, [#acc, #acc], [1]); a == b", spent},
		"repeat of repeat":                 {`len(repeat(repeat("x", 1000000), 1000000)) > 0`, spent},
		"join with a long glue":            {`len(join(map(1..10000, "a"), repeat("x", 100000))) > 0`, spent},
		"replace by a long text":           {`len(replace(repeat("x", 100000), "x", repeat("y", 100000))) > 0`, spent},
		"uniq of many":                     {"len(uniq(1..900000)) > 0", spent},
		"a list in a list in a list":       {"len(toJSON(reduce(1..100000, [#acc], 1))) > 0", spent},
		"a long pattern on a long text":    {`repeat("a", 1000000) matches "(a{30}){30}(a{30}){30}(a{30}){30}b"`, spent},
		"too many words":                   {strings.Repeat("result > 0 && ", 1000) + "true", "exceeds maximum allowed nodes"},
		"too many brackets":                {strings.Repeat("(", 20000) + "true" + strings.Repeat(")", 20000), "the expression has 40004 bytes; at most 16384 are allowed"},
		"as many brackets as are allowed":  {strings.Repeat("(", 8000) + "1" + strings.Repeat(")", 8000), "expected bool"},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			_, err := expression.Conditions{Success: test.text}.Judge(nil, points, noon)
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// doublings writes a chain of variables, each from the one before; the last is z.
func doublings(n int, pattern string) string {
	var text strings.Builder
	previous := "a"
	for i := range n {
		next := "v" + strings.Repeat("x", i)
		if i == n-1 {
			next = "z"
		}
		text.WriteString(strings.NewReplacer("%n", next, "%p", previous).Replace(pattern))
		previous = next
	}
	return text.String()
}

func TestALongHonestResultIsJudged(t *testing.T) {
	points := make([]float64, 11_000)
	for i := range points {
		points[i] = 0.99
	}
	for _, text := range []string{
		"all(result, # > 0.95)", "mean(result) > 0.9 && min(result) > 0.5 && max(result) < 1 && median(result) > 0.9",
		"len(filter(result, # < 0.95)) < len(result) * 0.1", "sort(result)[5500] > 0.95", "mean(map(result, # * 100)) > 95",
		"all(result, # >= result[0] * 0.9)",
	} {
		if phase, err := (expression.Conditions{Success: text}).Judge(nil, points, noon); phase != "Successful" {
			t.Errorf("%s: %s %v", text, phase, err)
		}
	}
}

func TestALongReasonIsCut(t *testing.T) {
	_, err := expression.Conditions{Success: "asInt(result) > 0"}.Judge(nil, strings.Repeat("é", 100_000), noon)
	if err == nil || len(err.Error()) > 1200 || !strings.HasSuffix(err.Error(), "…") {
		t.Errorf("the reason has %d bytes", len(err.Error()))
	}
}
