package comparison_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/comparison"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/judge.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What users copy is accepted, as it stands and with queries of their own.
func TestTheExamplesOfTheDocsAreAccepted(t *testing.T) {
	checked := 0
	for _, block := range yamlBlock.FindAllStringSubmatch(page(t), -1) {
		switch {
		case strings.HasPrefix(block[1], "apiVersion"):
			var template v1alpha1.AnalysisTemplate
			if err := yaml.UnmarshalStrict([]byte(block[1]), &template); err != nil {
				t.Fatal(err)
			}
			for _, m := range template.Spec.Metrics {
				if err := comparison.Check(m.Provider.Plugin[comparison.Name]); err != nil {
					t.Errorf("metric %q: %v", m.Name, err)
				}
				checked++
			}
		case strings.Contains(block[1], "requests: sum("):
			raw, err := yaml.YAMLToJSON([]byte(block[1]))
			if err != nil {
				t.Fatal(err)
			}
			if err := comparison.Check(raw); err != nil {
				t.Errorf("queries of one's own: %v", err)
			}
			checked++
		}
	}
	if checked != 3 {
		t.Errorf("%d examples were found, not 3", checked)
	}
}

// Every field has a line in the docs.
func TestTheDocsNameEveryField(t *testing.T) {
	err := comparison.Check(json.RawMessage(`{"?":1}`))
	_, list, found := strings.Cut(err.Error(), "there are ")
	if !found {
		t.Fatal(err)
	}
	for field := range strings.SplitSeq(list, ", ") {
		if !regexp.MustCompile(`(?m)^\|.*` + "`" + field + "`" + `.*\|`).MatchString(page(t)) {
			t.Errorf("docs/judge.md has no line for the field %q", field)
		}
	}
}
