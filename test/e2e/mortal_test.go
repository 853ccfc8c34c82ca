package e2e

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Mortal is a controller behind a proxy that can have it die of one of its writes: the API server has carried the write out, its answer is
// never given, and nothing was sent after it. Then the controller is started again.
type Mortal struct {
	launch func() (*Controller, error)

	mutex      sync.Mutex
	controller *Controller
	armed      bool
	writes     []Write // since it was armed
	fatal      Write   // zero for none
	died       bool
	fault      error
}

// Write is a request that changes something, as in "PATCH services/web-stable", and which of those with that name, counted from one.
type Write struct {
	Name string
	Nth  int
}

func (w Write) String() string { return fmt.Sprintf("%s (%d)", w.Name, w.Nth) }

// NewMortal starts a controller for one test. It ends with the test.
func NewMortal(t *testing.T, name string, flags ...string) *Mortal {
	t.Helper()
	m := &Mortal{}
	behind, err := lab.behind(m.proxy(t), name)
	if err != nil {
		t.Fatal(err)
	}
	m.launch = func() (*Controller, error) { return behind.StartController(name, flags...) }
	if m.controller, err = m.launch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = m.End()
		if t.Failed() {
			tell(lab.LogOf(name))
		}
	})
	return m
}

// Arm counts writes from now on, and has the controller die of one of them; of none if it is zero.
func (m *Mortal) Arm(fatal Write) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.armed, m.fatal = true, fatal
}

// Writes are those since it was armed.
func (m *Mortal) Writes() []Write {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.writes)
}

// Died tells whether the fatal write came.
func (m *Mortal) Died() bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.died
}

// End ends the controller. It returns why it could not be started again, if so.
func (m *Mortal) End() error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.armed = false
	m.controller.Kill()
	return m.fault
}

// proxy hands everything on to the API server, and returns its own address.
func (m *Mortal) proxy(t *testing.T) string {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", lab.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1, // watches are to tell at once
		ModifyResponse: m.answered,
		ErrorLog:       log.New(io.Discard, "", 0), // callers that died
	})
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

// errDead is for a caller that does not live to hear it.
var errDead = errors.New("the controller is dead")

// answered looks at the API server's answer before the controller does.
func (m *Mortal) answered(answer *http.Response) error {
	name := writeOf(answer)
	if name == "" {
		return nil
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !m.armed {
		return nil
	}
	write := Write{name, 1}
	for _, earlier := range m.writes {
		if earlier.Name == name {
			write.Nth++
		}
	}
	m.writes = append(m.writes, write)
	if write != m.fatal {
		return nil
	}
	m.reincarnate()
	return errDead
}

// reincarnate kills the controller and starts it again.
func (m *Mortal) reincarnate() {
	m.died = true
	m.controller.Kill()
	controller, err := m.launch()
	if err != nil {
		m.fault = fmt.Errorf("starting the controller again: %w", err)
		return
	}
	m.controller = controller
}

// writeOf names a write that was accepted. Events are left out: they are sent beside the turns, so that
// their place differs from run to run, and nothing reads them.
func writeOf(answer *http.Response) string {
	r := answer.Request
	if r.Method == http.MethodGet || answer.StatusCode >= http.StatusMultipleChoices {
		return ""
	}
	_, object, ok := strings.Cut(r.URL.Path, "/namespaces/")
	if !ok {
		return ""
	}
	_, object, _ = strings.Cut(object, "/")
	if strings.HasPrefix(object, "events") {
		return ""
	}
	return r.Method + " " + object
}

// behind is the lab as it is seen by way of a proxy.
func (l *Lab) behind(address, name string) (*Lab, error) {
	config, err := clientcmd.LoadFromFile(l.Kubeconfig)
	if err != nil {
		return nil, err
	}
	for _, cluster := range config.Clusters {
		cluster.Server, cluster.CertificateAuthorityData = address, nil
	}
	seen := *l
	seen.Kubeconfig = filepath.Join(l.Folder, name+".proxy")
	return &seen, clientcmd.WriteToFile(*config, seen.Kubeconfig)
}
