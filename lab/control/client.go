package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Client talks to the Server of a lab at its URL.
type Client string

// ErrRefused is the lab's own answer to a command it cannot carry out.
var ErrRefused = errors.New("refused")

// Do sends a command, with a JSON body unless it is nil, and returns the answer, which the caller closes.
func (c Client) Do(ctx context.Context, method string, body any, path ...string) (io.ReadCloser, error) {
	address, err := url.JoinPath(string(c), path...)
	if err != nil {
		return nil, err
	}
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, payload)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the lab at %s: %w", string(c), err)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close()
	var f failure
	if err := json.NewDecoder(response.Body).Decode(&f); err != nil || f.Error == "" {
		f.Error = "the lab answered " + response.Status
	}
	return nil, refusal{f.Error}
}

// refusal is an ErrRefused that says no more than the lab did.
type refusal struct{ text string }

func (r refusal) Error() string        { return r.text }
func (r refusal) Is(target error) bool { return target == ErrRefused }
