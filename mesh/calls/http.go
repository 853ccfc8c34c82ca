package calls

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/mesh/answer"
)

type httpWay struct {
	plan   Plan
	client *http.Client
}

func newHTTPWay(p Plan) way {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second, Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!p.HTTP2)
	transport.Protocols.SetUnencryptedHTTP2(p.HTTP2)
	return &httpWay{p, &http.Client{Transport: transport}}
}

func (w *httpWay) ask(ctx context.Context, _ bool) (string, int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.plan.Target, nil)
	if err != nil {
		return "", 0, err
	}
	request.Host = w.plan.Host
	for name, value := range w.plan.Headers {
		request.Header.Set(name, value)
	}
	response, err := w.client.Do(request)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return "", 0, err
	}
	version := response.Header.Get(answer.VersionHeader)
	if response.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("%s from %q: %s", response.Status, version, strings.TrimSpace(string(text)))
	}
	received, err := strconv.ParseInt(response.Header.Get(answer.ReceivedHeader), 10, 64)
	return version, received, err
}

func (w *httpWay) close() { w.client.CloseIdleConnections() }
