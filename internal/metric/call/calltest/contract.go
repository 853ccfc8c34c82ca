package calltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

// Contract is a backend under test.
type Contract struct {
	// Provider is the name that every failure begins with.
	Provider string
	// Ask puts a question to the backend at an address.
	Ask func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error)
	// Secrets are sent by Ask in one form or another. They must reach the backend and never come back.
	Secrets []string
	// Timeout after which Ask gives up a backend that is silent.
	Timeout time.Duration
}

// Failures tests a backend that answers badly, late or not at all.
func Failures(t *testing.T, c Contract) {
	t.Helper()
	t.Run("refusals", c.refusals)
	t.Run("not what was expected", c.nonsense)
	t.Run("nobody listens", c.silence)
	t.Run("a certificate that nobody knows", c.certificate)
	t.Run("a server that repeats secrets", c.echo)
	t.Run("a redirect to another host", c.redirect)
	t.Run("a backend that hangs", c.hang)
	t.Run("a question that is given up", c.givenUp)
}

func (c Contract) refusals(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		retry  string
		want   []string
	}{
		"500":                    {status: 500, want: []string{"received non 2xx response code: 500 Internal Server Error"}},
		"404":                    {status: 404, want: []string{"404 Not Found"}},
		"429 with seconds":       {status: 429, retry: "90", want: []string{"429 Too Many Requests", "asks to wait 1m30s"}},
		"429 with a time of day": {status: 429, retry: "Fri, 31 Dec 2027 23:59:59 GMT", want: []string{"429", "asks to wait until Fri, 31 Dec 2027 23:59:59 GMT"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := c.server(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.retry != "" {
					w.Header().Set("Retry-After", test.retry)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, "the\nwell is\tdry") // the client's side is under test
			})
			want := append(test.want, "the well is dry")
			c.fails(t, server, want...)
		})
	}
}

func (c Contract) nonsense(t *testing.T) {
	page := "<html>please log in</html>"
	server := c.server(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, page) // the client's side is under test
	})
	c.fails(t, server, page)
}

func (c Contract) silence(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := c.Ask(t.Context(), call.NewPool(nil), withUser(server.URL))
	c.check(t, err, server.URL, "refused")
}

func (c Contract) certificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := c.Ask(t.Context(), call.NewPool(nil), withUser(server.URL))
	c.check(t, err, server.URL, "certificate")
}

// echo repeats everything it was sent, once as a refusal and once as if it were an answer.
func (c Contract) echo(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusOK} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			var heard atomic.Pointer[string]
			server := c.server(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body) // an empty body is not found in what was heard
				text := fmt.Sprint(r.Header, " ", r.URL, " ", r.URL.Query(), " ", string(body))
				heard.Store(&text)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text) // the client's side is under test
			})
			m, err := c.Ask(t.Context(), call.NewPool(nil), withUser(server.URL))
			if status != http.StatusOK {
				c.check(t, err, server.URL)
			}
			c.noSecrets(t, fmt.Sprint(m, err))
			if heard.Load() == nil {
				t.Fatal("the backend was not asked")
			}
			for _, secret := range c.Secrets {
				if !strings.Contains(*heard.Load(), secret) {
					t.Errorf("the secret %q was not sent, so nothing is tested: %s", secret, *heard.Load())
				}
			}
		})
	}
}

func (c Contract) redirect(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("credentials went to another host: %v", r.Header)
	}))
	t.Cleanup(thief.Close)
	elsewhere := strings.Replace(thief.URL, "127.0.0.1", "localhost", 1)
	server := c.server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	_, err := c.Ask(t.Context(), call.NewPool(nil), withUser(server.URL))
	c.check(t, err, server.URL)
}

// hang runs on a clock of its own: the time-out is waited for in full, at once.
func (c Contract) hang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		net := newPipes(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		pool := call.NewPool(&http.Transport{DialContext: net.dial})
		began := time.Now()
		_, err := c.Ask(t.Context(), pool, withUser("http://backend"))
		if took := time.Since(began); took != c.Timeout {
			t.Errorf("gave up after %s, not after %s", took, c.Timeout)
		}
		c.check(t, err, "http://backend", "no answer within "+c.Timeout.String())
		close(release)
		pool.Close()
		net.close()
	})
}

func (c Contract) givenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	server := c.server(t, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-release
	})
	defer close(release)
	_, err := c.Ask(ctx, call.NewPool(nil), withUser(server.URL))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is not that the question was given up: %v", err)
	}
	c.check(t, err, server.URL)
}

func (c Contract) server(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func (c Contract) fails(t *testing.T, server *httptest.Server, want ...string) {
	t.Helper()
	_, err := c.Ask(t.Context(), call.NewPool(nil), withUser(server.URL))
	c.check(t, err, server.URL, want...)
}

// check holds an error to the form that all failures have.
func (c Contract) check(t *testing.T, err error, address string, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if prefix := c.Provider + " at " + address; !strings.HasPrefix(err.Error(), prefix) {
		t.Errorf("the error does not begin with %q: %v", prefix, err)
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 700 {
		t.Errorf("the error is not one short line: %v", err)
	}
	c.noSecrets(t, err.Error())
}

func (c Contract) noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range append([]string{password}, c.Secrets...) {
		if strings.Contains(text, secret) {
			t.Errorf("the secret %q shows: %s", secret, text)
		}
	}
}
