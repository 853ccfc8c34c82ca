package calltest

import (
	"context"
	"fmt"
)

// Secrets are Secrets by namespace/name.
type Secrets map[string]map[string]string

// Secret is the content of one Secret.
func (s Secrets) Secret(_ context.Context, namespace, name string) (map[string][]byte, error) {
	content, found := s[namespace+"/"+name]
	if !found {
		return nil, fmt.Errorf("secrets %q not found", name)
	}
	raw := make(map[string][]byte, len(content))
	for key, value := range content {
		raw[key] = []byte(value)
	}
	return raw, nil
}

// Env is an environment.
func Env(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}
