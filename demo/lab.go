package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// lab is a running lab and how to reach it.
type lab struct {
	Dir        string `json:"dir"`
	Kubeconfig string `json:"kubeconfig"`
	API        string `json:"api"`
	Gateway    string `json:"gateway"` // URL
	Control    string `json:"control"` // URL
	Network    string `json:"network"` // private or mapped

	audit string // file: a line for each request that the API server answered
}

// startLab returns when the API server answers and the custom kinds are known.
func startLab(ctx context.Context, p *play) (*lab, error) {
	dir, audit := filepath.Join(p.dir, "lab"), filepath.Join(p.dir, "audit.log")
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.props.lab, "up", "--dir", dir, "--crds", p.props.crds, "--audit", audit)
	path, err := firstLine(ctx, p, cmd)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "lab.json"))
	if err != nil {
		return nil, fmt.Errorf("asking the lab for its addresses: %w", err)
	}
	l := &lab{audit: audit}
	if err := json.Unmarshal(text, l); err != nil {
		return nil, fmt.Errorf("asking the lab for its addresses: %w", err)
	}
	return l, nil
}

// firstLine starts the lab and waits for the one line that it prints when it is ready.
func firstLine(ctx context.Context, p *play, cmd *exec.Cmd) (string, error) {
	ear, mouth, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd.Stdout = mouth
	started, err := p.crew.start("lab", p.dir, cmd)
	_ = mouth.Close()
	if err != nil {
		return "", errors.Join(err, ear.Close())
	}
	line := make(chan string, 1)
	go func() {
		defer func() { _ = ear.Close() }()
		text, _ := bufio.NewReader(ear).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	for tick := time.Tick(redrawEvery); ; {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick:
			p.waiting("starting a Kubernetes control plane")
		case path := <-line:
			if path != "" {
				return path, nil
			}
			<-started.ended
			return "", p.crew.broken()
		}
	}
}

// patchedAt is when the API server received the last patch of a Rollout's status that came from the kubectl plugin.
func (l *lab) patchedAt(rollout string) (time.Time, error) {
	file, err := os.Open(l.audit)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = file.Close() }()
	var last time.Time
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var entry auditEntry
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.isStatusPatch(rollout) {
			last = entry.Received
		}
	}
	if last.IsZero() {
		return last, errors.Join(lines.Err(), fmt.Errorf("no patch of the status of %s in the audit log", rollout))
	}
	return last, lines.Err()
}

// auditEntry is the part of an audit.k8s.io/v1 Event that tells a patch by the plugin.
type auditEntry struct {
	Verb      string    `json:"verb"`
	Received  time.Time `json:"requestReceivedTimestamp"`
	UserAgent string    `json:"userAgent"`
	Object    struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Name        string `json:"name"`
	} `json:"objectRef"`
}

func (e auditEntry) isStatusPatch(rollout string) bool {
	return e.Verb == "patch" && strings.HasPrefix(e.UserAgent, "kubectl-kanari") &&
		e.Object.Resource == "rollouts" && e.Object.Subresource == "status" && e.Object.Name == rollout
}
