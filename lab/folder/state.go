package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const stateName = "lab.json"

// State is how to reach a running lab.
type State struct {
	PID        int    `json:"pid"`
	Dir        string `json:"dir"`
	Kubeconfig string `json:"kubeconfig"`
	API        string `json:"api"`     // URL
	Gateway    string `json:"gateway"` // URL
	Control    string `json:"control"` // URL
	Network    string `json:"network"` // private or mapped
}

// Save writes the state where Find looks for it.
func (s State) Save() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Dir, stateName), append(text, '\n'), 0o600)
}

// Environment is the state as variables for programs that use the lab.
func (s State) Environment() []string {
	return []string{
		"KUBECONFIG=" + s.Kubeconfig,
		"KANARI_LAB_DIR=" + s.Dir,
		"KANARI_LAB_CONTROL=" + s.Control,
		"KANARI_LAB_GATEWAY=" + s.Gateway,
		"KANARI_LAB_NETWORK=" + s.Network,
	}
}

// Find returns the state of the lab in dir; without one, of the lab named by KANARI_LAB_DIR, or of the only one that
// runs in a folder of its own.
func Find(dir string) (State, error) {
	if dir == "" {
		dir = os.Getenv("KANARI_LAB_DIR")
	}
	if dir != "" {
		return load(dir)
	}
	var found []string
	for _, path := range Running() {
		if held(path) {
			found = append(found, path)
		}
	}
	switch len(found) {
	case 0:
		return State{}, errors.New("no lab is running; start one with: kanari-lab up")
	case 1:
		return load(found[0])
	}
	return State{}, fmt.Errorf("%d labs are running; say which with --dir, one of %v", len(found), found)
}

func load(dir string) (State, error) {
	var s State
	text, err := os.ReadFile(filepath.Join(dir, stateName))
	if err != nil {
		return s, fmt.Errorf("--dir %s: no lab is ready there", dir)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("--dir %s: reading %s: %w", dir, stateName, err)
	}
	return s, nil
}
