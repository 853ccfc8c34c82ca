package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// write is one that the API server was asked for and carried out.
type write struct {
	Received time.Time `json:"requestReceivedTimestamp"`
	Answered time.Time `json:"stageTimestamp"`
	Object   target    `json:"objectRef"`
	Verb     string    `json:"verb"`
	Response struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// target is what a write is about: a resource such as virtualservices, a subresource or none, and a name.
type target struct {
	Resource    string `json:"resource"`
	Subresource string `json:"subresource"`
	Name        string `json:"name"`
}

// about says whether it changed the target.
func (w write) about(t target) bool {
	return w.Object == t && (w.Verb == "update" || w.Verb == "patch") && w.Response.Code < 300
}

// wrote is the last write to the target that the API server had received when somebody saw its effect.
func (l *lab) wrote(t target, seen time.Time) (write, error) {
	file, err := os.Open(l.audit)
	if err != nil {
		return write{}, err
	}
	defer func() { _ = file.Close() }()
	var last write
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w write
		if json.Unmarshal(lines.Bytes(), &w) == nil && w.about(t) && !w.Received.After(seen) {
			last = w
		}
	}
	if last.Received.IsZero() {
		return last, errors.Join(lines.Err(), fmt.Errorf("no write to %s %s in the audit log", t.Resource, t.Name))
	}
	return last, lines.Err()
}
