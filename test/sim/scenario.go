package sim

import (
	"fmt"
	"strings"
)

// Scenario is a text of four parts: what it proves, then under "-- NAME --" headings the manifests, the script and the golden story. It is
// written in the txtar format.
type Scenario struct {
	Sentence  string
	Manifests string
	Script    string
	Golden    string
}

// ParseScenario reads a Scenario. An error names a heading that no part has.
func ParseScenario(text string) (Scenario, error) {
	var s Scenario
	parts := map[string]*string{"manifests.yaml": &s.Manifests, "script": &s.Script, "golden": &s.Golden}
	part := &s.Sentence
	for line := range strings.Lines(text) {
		name, heading := headingOf(line)
		if !heading {
			*part += line
			continue
		}
		if part = parts[name]; part == nil {
			return s, fmt.Errorf("no part of a scenario is called %q", name)
		}
	}
	return s, nil
}

func headingOf(line string) (name string, heading bool) {
	line = strings.TrimRight(line, "\n")
	if !strings.HasPrefix(line, "-- ") || !strings.HasSuffix(line, " --") {
		return "", false
	}
	return strings.TrimSpace(line[3 : len(line)-3]), true
}

func (s Scenario) String() string {
	return s.Sentence + "-- manifests.yaml --\n" + s.Manifests + "-- script --\n" + s.Script + "-- golden --\n" + s.Golden
}
