package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Target is a backend as a metric names it.
type Target struct {
	// Provider is the backend's name in errors, and under provider in a metric.
	Provider string
	// Address is an http or https URL. User and password in it are sent, never shown.
	Address string
	// Timeout bounds the whole question; it is positive.
	Timeout time.Duration
	// Insecure takes any certificate.
	Insecure bool
	// Headers go with every request to the backend; their values are never shown.
	Headers []v1alpha1.WebMetricHeader
	// OAuth2 with a token URL fetches a token first.
	OAuth2 v1alpha1.OAuth2Config
	// Sign wraps the way out with a signature; nil: none.
	Sign func(ctx context.Context, next http.RoundTripper) (http.RoundTripper, error)
	// Secrets are never shown, whoever repeats them.
	Secrets []string
}

// parsed is the address, or what is wrong with it.
func (t Target) parsed() (*url.URL, error) {
	address, err := url.Parse(t.Address)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return nil, fmt.Errorf("%s: the address is no URL such as https://host:port", t.Provider)
	}
	return address, nil
}

// client sends through w and adds the credentials.
func (t Target) client(ctx context.Context, w *wire) (*http.Client, error) {
	out := http.RoundTripper(w)
	if t.Sign != nil {
		signed, err := t.Sign(ctx, out)
		if err != nil {
			return nil, fmt.Errorf("%s: signing requests: %s", t.Provider, w.hidden.text(err.Error()))
		}
		out = signed
	}
	if t.OAuth2.TokenURL != "" {
		source, err := t.tokens(ctx, w)
		if err != nil {
			return nil, err
		}
		out = &oauth2.Transport{Source: source, Base: out}
	}
	if len(t.Headers) > 0 {
		out = dressed{next: out, headers: t.Headers}
	}
	return &http.Client{Transport: out, CheckRedirect: stayHome(w.hidden)}, nil
}

func (t Target) tokens(ctx context.Context, w *wire) (oauth2.TokenSource, error) {
	if t.OAuth2.ClientID == "" || t.OAuth2.ClientSecret == "" {
		return nil, fmt.Errorf("%s: authentication.oauth2 needs clientId and clientSecret beside tokenUrl", t.Provider)
	}
	w.tokenURL = t.OAuth2.TokenURL
	flow := clientcredentials.Config{ClientID: t.OAuth2.ClientID, ClientSecret: t.OAuth2.ClientSecret, TokenURL: t.OAuth2.TokenURL, Scopes: t.OAuth2.Scopes}
	return flow.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: w, CheckRedirect: stayHome(w.hidden)})), nil
}

// dressed adds headers to requests.
type dressed struct {
	next    http.RoundTripper
	headers []v1alpha1.WebMetricHeader
}

func (d dressed) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	for _, h := range d.headers {
		out.Header.Set(h.Key, h.Value)
		if http.CanonicalHeaderKey(h.Key) == "Host" {
			out.Host = cmp.Or(h.Value, out.Host)
		}
	}
	return d.next.RoundTrip(out)
}

// errAway is a redirect that would take credentials elsewhere.
var errAway = errors.New("it redirects to another place, where the credentials of this metric do not belong; give the final address")

// stayHome refuses redirects that carry secrets to another host or out of TLS.
func stayHome(h *hidden) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		from := via[0].URL
		away := req.URL.Host != from.Host && req.URL.Hostname() != from.Hostname()
		bare := from.Scheme == "https" && req.URL.Scheme != "https"
		if (away || bare) && !h.empty() {
			return errAway
		}
		if len(via) >= 10 {
			return errors.New("it redirects without end")
		}
		return nil
	}
}
