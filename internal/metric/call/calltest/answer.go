package calltest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Heard is a request that a backend got.
type Heard struct {
	Method string
	Path   string
	Query  map[string][]string
	Header http.Header
	Body   string
}

// Answers is a backend that gives one answer to everything and keeps what it was asked last.
func Answers(t *testing.T, contentType, answer string) (address string, last *Heard) {
	t.Helper()
	last = &Heard{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the question: %v", err)
		}
		*last = Heard{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header, Body: string(body)}
		w.Header().Set("Content-Type", contentType)
		if _, err := io.WriteString(w, answer); err != nil {
			t.Errorf("answering: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, last
}
