package call

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 10 << 20

// exchange is a request that went out and what came of it.
type exchange struct {
	url    *url.URL
	status int
	header http.Header
	body   []byte
	err    error
}

func (e exchange) refused() bool { return e.status != 0 && (e.status < 200 || e.status > 299) }

// wire is the last link before the network. It learns what is sent as a credential and remembers the last exchange, so that the text
// of a failure needs no client library's goodwill. Answers are read whole, within the time of the question.
type wire struct {
	next     http.RoundTripper
	hidden   *hidden
	tokenURL string

	mu   sync.Mutex
	last exchange
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.hidden.learnHeaders(req.Header)
	w.hidden.learnURL(req.URL)
	w.note(exchange{url: req.URL})
	res, err := w.next.RoundTrip(req)
	if err != nil {
		w.note(exchange{url: req.URL, err: err})
		return nil, err
	}
	body, err := whole(res.Body)
	if err != nil {
		w.note(exchange{url: req.URL, err: err})
		return nil, err
	}
	w.note(exchange{url: req.URL, status: res.StatusCode, header: res.Header, body: body})
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

func whole(from io.ReadCloser) ([]byte, error) {
	defer func() { _ = from.Close() }() // nothing is lost: the answer has been read
	body, err := io.ReadAll(io.LimitReader(from, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("the answer is longer than %d MiB", maxAnswer>>20)
	}
	return body, nil
}

func (w *wire) note(e exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = e
}

func (w *wire) seen() exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}
