package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxExcerpt is how many bytes of an answer a failure repeats.
const maxExcerpt = 256

var (
	errTooLate = errors.New("the time for this question is over")
	errRefused = errors.New("refused")
)

// failure is the one line for what went wrong. It wraps nothing but the context's end: the errors of others may repeat secrets.
func (l *Line) failure(ctx context.Context, err error) error {
	who := l.target.Provider + " at " + l.shown(l.Address)
	last := l.wire.seen()
	switch {
	case errors.Is(context.Cause(ctx), errTooLate):
		return fmt.Errorf("%s: no answer within %s%s: %w", who, l.target.Timeout, l.elsewhere(last), context.DeadlineExceeded)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: the question was given up: %w", who, ctx.Err())
	case errors.Is(err, errAway):
		return fmt.Errorf("%s: %w", who, errAway)
	case last.err != nil:
		return fmt.Errorf("%s: no answer%s: %s", who, l.elsewhere(last), l.oneLine(last.err.Error()))
	case last.refused():
		return fmt.Errorf("%s: %s", who, l.refusal(last, err))
	case last.status == 0 || l.fromTokens(last):
		return fmt.Errorf("%s: %s", who, l.oneLine(err.Error()))
	default:
		return fmt.Errorf("%s: %s; it answered %s", who, l.oneLine(err.Error()), l.excerpt(last.body))
	}
}

// refusal says status, how long to wait if that was said, and the beginning of the answer.
func (l *Line) refusal(last exchange, err error) string {
	text := strings.TrimSpace(fmt.Sprintf("received non 2xx response code: %d %s", last.status, http.StatusText(last.status))) + l.elsewhere(last)
	if wait := last.header.Get("Retry-After"); wait != "" {
		text += ", asks to wait " + l.wait(wait)
	}
	if utf8.Valid(last.body) || errors.Is(err, errRefused) {
		return text + ": " + l.excerpt(last.body)
	}
	return text + ": " + l.oneLine(err.Error())
}

func (l *Line) wait(header string) string {
	if seconds, err := time.ParseDuration(header + "s"); err == nil && seconds >= 0 {
		return seconds.String()
	}
	return "until " + l.oneLine(header)
}

// elsewhere names the place of an exchange if it is not the backend's own: a token server.
func (l *Line) elsewhere(last exchange) string {
	if last.url == nil || last.url.Host == l.Address.Host && !l.fromTokens(last) {
		return ""
	}
	return " from " + l.shown(last.url)
}

func (l *Line) fromTokens(last exchange) bool {
	return last.url != nil && l.wire.tokenURL != "" && last.url.String() == l.wire.tokenURL
}

// shown is a URL as people may see it: no user, no parameters.
func (l *Line) shown(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}
	return l.hidden.text(bare.String())
}

func (l *Line) excerpt(body []byte) string {
	if !utf8.Valid(body) {
		return fmt.Sprintf("%d bytes that are no text", len(body))
	}
	return cmp.Or(l.oneLine(string(body)), "nothing")
}

// oneLine is s without secrets, without line breaks and control characters, and not long. Secrets go before the cut: half of one is
// too much as well.
func (l *Line) oneLine(s string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, l.hidden.text(s))
	return cut(strings.Join(strings.Fields(printable), " "), maxExcerpt)
}
