package labtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// sample is one of an instant vector.
type sample struct {
	labels map[string]string
	value  float64
}

// outside is a client like a controller's: it knows the lab's gateway as its proxy, and nothing of the lab's network.
func (l *lab) outside() *http.Client {
	gateway, err := url.Parse(l.Gateway)
	if err != nil {
		l.t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(gateway), DisableKeepAlives: true}}
}

// query asks for an instant vector twice, by GET and by POST, and returns what the second says.
func (l *lab) query(promql string) ([]sample, error) {
	const address = "http://prometheus.monitoring:9090/api/v1/query"
	form := url.Values{"query": {promql}}
	client := l.outside()
	if _, err := samples(client.Get(address + "?" + form.Encode())); err != nil {
		return nil, fmt.Errorf("by GET: %w", err)
	}
	return samples(client.PostForm(address, form))
}

func samples(response *http.Response, err error) ([]sample, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", response.Status)
	}
	var body struct {
		Data struct {
			ResultType string
			Result     []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return nil, err
	}
	if body.Data.ResultType != "vector" {
		return nil, fmt.Errorf("a %s instead of a vector", body.Data.ResultType)
	}
	var all []sample
	for _, r := range body.Data.Result {
		text, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		all = append(all, sample{r.Metric, value})
	}
	return all, nil
}

// asksFor waits until a query has one value, and it is as it should be.
func (l *lab) asksFor(what, promql string, fits func(float64) bool) {
	l.t.Helper()
	l.eventually(what, func(context.Context) error {
		got, err := l.query(promql)
		if err != nil {
			return err
		}
		if len(got) != 1 || !fits(got[0].value) {
			return fmt.Errorf("%s is %v", promql, got)
		}
		return nil
	})
}
