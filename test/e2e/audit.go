package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Request is one line of the API server's audit log.
type Request struct {
	AuditID   string    `json:"auditID"`
	Stage     string    `json:"stage"`
	Verb      string    `json:"verb"`
	UserAgent string    `json:"userAgent"`
	Received  time.Time `json:"requestReceivedTimestamp"`
	Answered  time.Time `json:"stageTimestamp"`
	User      struct {
		Name string `json:"username"`
	} `json:"user"`
	Impersonated struct {
		Name string `json:"username"`
	} `json:"impersonatedUser"`
	Object struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Response struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"responseStatus"`
}

// What is resource and subresource.
func (r Request) What() string {
	if r.Object.Subresource == "" {
		return r.Object.Resource
	}
	return r.Object.Resource + "/" + r.Object.Subresource
}

func (r Request) String() string {
	return fmt.Sprintf("%s %s %s/%s → %d %s", r.Verb, r.What(), r.Object.Namespace, r.Object.Name, r.Response.Code, r.Response.Message)
}

// Writes tells whether the request changes something.
func (r Request) Writes() bool {
	return slices.Contains([]string{"create", "update", "patch", "delete", "deletecollection"}, r.Verb)
}

// Requests reads the finished requests of one user that touch neither a lease nor the discovery of kinds. A line is in the
// log before its caller has the answer, so everything that a test has seen the effect of is there.
func (l *Lab) Requests(user string) ([]Request, error) {
	return l.audited(user, func(r Request) bool {
		return r.Impersonated.Name == user && r.Object.Resource != "" && r.Object.Resource != "leases"
	})
}

// audited reads the finished requests whose line has a word in it and that are wanted.
func (l *Lab) audited(word string, wanted func(Request) bool) ([]Request, error) {
	file, err := os.Open(l.Audit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var found []Request
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if !strings.Contains(scanner.Text(), word) {
			continue
		}
		var r Request
		if err := json.Unmarshal(scanner.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		if r.Stage != "ResponseStarted" && wanted(r) {
			found = append(found, r)
		}
	}
	return found, scanner.Err()
}
