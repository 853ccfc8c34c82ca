package call

import (
	"cmp"
	"crypto/tls"
	"net/http"
	"time"
)

// Pool holds the connections that all questions share.
type Pool struct {
	checked   *http.Transport
	unchecked *http.Transport
}

// NewPool connects as base says, which also holds the certificates to trust; nil: as usual.
func NewPool(base *http.Transport) *Pool {
	checked := cmp.Or(base, usual()).Clone()
	if checked.TLSClientConfig == nil {
		checked.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	unchecked := checked.Clone()
	unchecked.TLSClientConfig.InsecureSkipVerify = true // for metrics that ask for it
	return &Pool{checked: checked, unchecked: unchecked}
}

// Close ends the connections that nobody uses.
func (p *Pool) Close() {
	p.checked.CloseIdleConnections()
	p.unchecked.CloseIdleConnections()
}

func usual() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}
