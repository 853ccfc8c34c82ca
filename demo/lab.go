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
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.props.lab, "up", "--dir", dir, "--crds", p.props.crds, "--audit", audit,
		"--program", prometheusImage+"="+p.props.prometheus)
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
	return l, l.ownNetwork()
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
