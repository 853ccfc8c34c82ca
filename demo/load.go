package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/kanari-dev/kanari/demo/show"
)

// countEvery is the length of a batch: short, because a batch counts for one weight only.
const countEvery = 20 * time.Millisecond

// startLoad begins to send requests to the application, through the lab's gateway, and to enter the answers in the ledger.
func (p *play) startLoad(ctx context.Context) error {
	plan, err := json.Marshal(map[string]any{"host": host, "rate": p.props.rate, "every": countEvery})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.lab.Control+"/load", bytes.NewReader(plan))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // closed by whoever reads it to its end, below
	if err != nil {
		return fmt.Errorf("starting the load: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return fmt.Errorf("starting the load: the lab answered %s", response.Status)
	}
	go func() {
		defer func() { _ = response.Body.Close() }()
		for reports := json.NewDecoder(response.Body); ; {
			var r report
			if reports.Decode(&r) != nil || r.Done {
				return // the demo is over, or the lab is, which the crew tells
			}
			p.ledger.Add(r.batch())
		}
	}()
	p.note("load: %d requests a second to http://%s, through the lab's gateway", p.props.rate, host)
	return nil
}

// report is what the lab tells of its load after each batch.
type report struct {
	At       time.Time `json:"at"`
	Done     bool      `json:"done"`
	Versions map[string]struct {
		Requests int       `json:"requests"`
		Errors   int       `json:"errors"`
		Last     time.Time `json:"last"` // when its last request reached a pod
	} `json:"versions"`
}

func (r report) batch() show.Batch {
	b := show.Batch{At: r.At, Tally: show.Tally{}, Last: map[string]time.Time{}}
	for version, v := range r.Versions {
		b.Tally[version] = show.Count{Requests: v.Requests, Errors: v.Errors}
		b.Last[version] = v.Last
	}
	return b
}
