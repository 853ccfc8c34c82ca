package sim

import (
	"fmt"

	"golang.org/x/tools/txtar"
)

// Scenario is a txtar archive: what it proves as its comment, then the manifests, the script and the golden story.
type Scenario struct {
	Sentence  string
	Manifests string
	Script    string
	Golden    string
}

// ParseScenario reads a Scenario. An error names a file that no scenario has.
func ParseScenario(text string) (Scenario, error) {
	archive := txtar.Parse([]byte(text))
	s := Scenario{Sentence: string(archive.Comment)}
	parts := map[string]*string{"manifests.yaml": &s.Manifests, "script": &s.Script, "golden": &s.Golden}
	for _, file := range archive.Files {
		part := parts[file.Name]
		if part == nil {
			return s, fmt.Errorf("no part of a scenario is called %q", file.Name)
		}
		*part = string(file.Data)
	}
	return s, nil
}

func (s Scenario) String() string {
	return string(txtar.Format(&txtar.Archive{
		Comment: []byte(s.Sentence),
		Files: []txtar.File{
			{Name: "manifests.yaml", Data: []byte(s.Manifests)},
			{Name: "script", Data: []byte(s.Script)},
			{Name: "golden", Data: []byte(s.Golden)},
		},
	}))
}
