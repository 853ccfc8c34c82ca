package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	prometheusImage = "prom/prometheus"
	prometheusHost  = "prometheus.monitoring:9090" // as the example's templates call it
	counted         = `sum(http_requests_total{service="myapp"})`
)

// ownNetwork refuses a lab in which programs of pods cannot run.
func (l *lab) ownNetwork() error {
	if l.Network == "private" {
		return nil
	}
	return errors.New("this machine gives the lab no network of its own, in which Prometheus could reach pods;" +
		" run the demo as root, or allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)")
}

// inside is a client that calls Services by their names, through the gateway.
func (l *lab) inside() (*http.Client, error) {
	gateway, err := url.Parse(l.Gateway)
	if err != nil {
		return nil, fmt.Errorf("reading the gateway's address: %w", err)
	}
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(gateway)}}, nil
}

// awaitCounts returns when Prometheus has counted requests of the application.
func (p *play) awaitCounts(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	inside, err := p.lab.inside()
	if err != nil {
		return err
	}
	defer inside.CloseIdleConnections()
	for tick := time.Tick(redrawEvery); ; {
		number, err := countedBy(limited, inside)
		if number > 0 {
			return nil
		}
		p.waiting("waiting for Prometheus to count requests")
		select {
		case <-limited.Done():
			return errors.Join(fmt.Errorf("waiting %s for Prometheus to count a request", patience), ctx.Err(), err)
		case <-tick:
		}
		if err := p.crew.broken(); err != nil {
			return err
		}
	}
}

// countedBy is how many of the application's requests Prometheus knows of.
func countedBy(ctx context.Context, inside *http.Client) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+prometheusHost+"/api/v1/query?query="+url.QueryEscape(counted), nil)
	if err != nil {
		return 0, err
	}
	response, err := inside.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]json.RawMessage `json:"value"` // the time, and the number as text
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Data.Result) == 0 {
		return 0, err
	}
	return strconv.Atoi(strings.Trim(string(answer.Data.Result[0].Value[1]), `"`))
}
