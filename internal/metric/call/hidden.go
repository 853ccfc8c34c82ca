package call

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// mask stands where a secret stood.
const mask = "*****"

// shortest is how long the value of a header or of a query parameter must be to count as a secret by itself.
const shortest = 4

// hidden is what must not be shown: what the metric and its Secrets brought, and what was sent as a credential.
type hidden struct {
	mu    sync.Mutex
	words map[string]struct{}
}

func (h *hidden) add(secrets ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.words == nil {
		h.words = map[string]struct{}{}
	}
	for _, secret := range secrets {
		for _, word := range spellings(secret) {
			h.words[word] = struct{}{}
		}
	}
}

func (h *hidden) empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.words) == 0
}

// text is s without secrets. The longest go first, as one may be part of another.
func (h *hidden) text(s string) string {
	h.mu.Lock()
	words := make([]string, 0, len(h.words))
	for word := range h.words {
		words = append(words, word)
	}
	h.mu.Unlock()
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, word := range words {
		s = strings.ReplaceAll(s, word, mask)
	}
	return s
}

// value is v, as JSON decodes it, without secrets. Numbers and types of client libraries stay what they are.
func (h *hidden) value(v any) any {
	switch v := v.(type) {
	case string:
		return h.text(v)
	case []any:
		for i := range v {
			v[i] = h.value(v[i])
		}
		return v
	case map[string]any:
		return h.object(v)
	case []map[string]any:
		for i := range v {
			v[i] = h.object(v[i])
		}
		return v
	default:
		return v
	}
}

func (h *hidden) object(m map[string]any) map[string]any {
	clean := make(map[string]any, len(m))
	for k, v := range m {
		clean[h.text(k)] = h.value(v)
	}
	return clean
}

func (h *hidden) strings(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	clean := make(map[string]string, len(m))
	for k, v := range m {
		clean[k] = h.text(v)
	}
	return clean
}

// learnURL takes the credentials that an address carries: user information, and parameters with a telling name.
func (h *hidden) learnURL(u *url.URL) {
	if u.User != nil {
		password, given := u.User.Password()
		if given {
			h.add(password)
		}
		if name := u.User.Username(); !given || len(name) >= shortest {
			h.add(name)
		}
	}
	for name, values := range u.Query() {
		if telling(name) {
			h.add(slices.DeleteFunc(values, func(v string) bool { return len(v) < shortest })...)
		}
	}
}

// learnHeaders takes everything sent in a header, apart from those that only speak of content.
func (h *hidden) learnHeaders(header http.Header) {
	for name, values := range header {
		if harmless(name) {
			continue
		}
		for _, value := range values {
			h.learnCredential(value)
		}
	}
}

// learnCredential takes a header's value, whole and without its scheme, and what a Basic one encodes.
func (h *hidden) learnCredential(value string) {
	if len(value) >= shortest {
		h.add(value)
	}
	scheme, credential, found := strings.Cut(value, " ")
	if !found || len(credential) < shortest {
		return
	}
	h.add(credential)
	if !strings.EqualFold(scheme, "Basic") {
		return
	}
	if pair, err := base64.StdEncoding.DecodeString(credential); err == nil {
		if _, password, ok := strings.Cut(string(pair), ":"); ok {
			h.add(string(pair), password)
		}
	}
}

func harmless(header string) bool {
	for _, prefix := range []string{"Accept", "Content-", "User-Agent", "X-Amz-Date", "X-Amz-User-Agent", "X-Amz-Content-Sha256", "Amz-Sdk-", "Smithy-"} {
		if strings.HasPrefix(header, prefix) {
			return true
		}
	}
	return false
}

func telling(parameter string) bool {
	name := strings.ToLower(parameter)
	return slices.ContainsFunc([]string{"key", "token", "secret", "password", "passwd", "auth", "sig", "signature", "credential"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}

// Mask is text without secrets, for backends that are not asked over HTTP.
func Mask(text string, secrets []string) string {
	h := &hidden{}
	h.add(secrets...)
	return h.text(text)
}

// spellings are the ways in which a secret may come back: as it is, escaped for URLs, quoted in JSON.
func spellings(secret string) []string {
	trimmed := strings.TrimSpace(secret)
	if trimmed == "" {
		return nil
	}
	all := []string{secret, trimmed, url.QueryEscape(trimmed), url.PathEscape(trimmed)}
	if quoted, err := json.Marshal(trimmed); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	return all
}
