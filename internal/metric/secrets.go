package metric

import (
	"context"
	"fmt"
	"strings"
)

// Secrets reads the Secrets that hold the keys of backends.
type Secrets interface {
	// Secret is the content of one Secret. An error names it, never what it holds.
	Secret(ctx context.Context, namespace, name string) (map[string][]byte, error)
}

// Keys is what one Secret holds, without the white space that editors leave around values.
type Keys struct {
	secret string
	values map[string]string
}

// ReadKeys reads a Secret. The error names it.
func ReadKeys(ctx context.Context, from Secrets, namespace, name string) (Keys, error) {
	content, err := from.Secret(ctx, namespace, name)
	if err != nil {
		return Keys{}, fmt.Errorf("reading Secret %q in %q: %w", name, namespace, err)
	}
	values := make(map[string]string, len(content))
	for key, value := range content {
		values[key] = strings.TrimSpace(string(value))
	}
	return Keys{secret: fmt.Sprintf("Secret %q in %q", name, namespace), values: values}, nil
}

// Get is the value of a key; empty if there is none.
func (k Keys) Get(key string) string { return k.values[key] }

// Need is an error if one of the keys has no value.
func (k Keys) Need(keys ...string) error {
	for _, key := range keys {
		if k.values[key] == "" {
			return fmt.Errorf("%s lacks the key %q", k.secret, key)
		}
	}
	return nil
}
