package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Variables that point the tests at a lab that is up already, which saves its start while one writes a test.
const (
	kubeconfigVariable = "KANARI_E2E_KUBECONFIG"
	auditVariable      = "KANARI_E2E_AUDIT"
)

// Lab is the cluster that the tests share.
type Lab struct {
	// Kubeconfig is that of the administrator, and Audit the API server's log of requests, as paths.
	Kubeconfig string
	Audit      string
	// Folder is for the tests' own files. It goes with the lab.
	Folder string
	// Client writes as the administrator and demands strict schemas; Dynamic reads.
	Client  client.Client
	Dynamic dynamic.Interface
	Doors

	process *exec.Cmd
}

// Doors are the ways into a lab besides its API server.
type Doors struct {
	// Gateway takes requests for what runs inside, and Control commands to the lab. Both are URLs.
	Gateway string `json:"gateway"`
	Control string `json:"control"`
	// Network is private where pods have real addresses, else mapped.
	Network string `json:"network"`
}

// lab is shared by all tests, and so is the controller that most of them watch.
var lab *Lab

// root is the repository, seen from this package's folder.
const root = "../.."

// StartLab builds the lab, or takes it from the build cache, and starts it. On an error nothing is left behind.
func StartLab(ctx context.Context) (*Lab, error) {
	folder, err := os.MkdirTemp("", "kanari-e2e-")
	if err != nil {
		return nil, err
	}
	lab := &Lab{Folder: folder, Kubeconfig: os.Getenv(kubeconfigVariable), Audit: os.Getenv(auditVariable)}
	if err := lab.start(ctx); err != nil {
		return nil, errors.Join(err, lab.Stop())
	}
	return lab, nil
}

func (l *Lab) start(ctx context.Context) error {
	if l.Kubeconfig == "" {
		if err := l.up(ctx); err != nil {
			return err
		}
	}
	if err := l.connect(); err != nil {
		return fmt.Errorf("connecting to the lab: %w", err)
	}
	return l.findDoors()
}

// findDoors reads what a lab writes beside its kubeconfig.
func (l *Lab) findDoors() error {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(l.Kubeconfig), "lab.json"))
	if err != nil {
		return fmt.Errorf("finding the lab's gateway: %w", err)
	}
	if err := json.Unmarshal(text, &l.Doors); err != nil {
		return fmt.Errorf("finding the lab's gateway: %w", err)
	}
	return nil
}

// up starts the lab as a child that ends with this process. Its first line of output is the path of its kubeconfig.
func (l *Lab) up(ctx context.Context) error {
	binary, err := built(ctx)
	if err != nil {
		return fmt.Errorf("building the lab: %w", err)
	}
	prometheus, err := built(ctx, "prometheus")
	if err != nil {
		return fmt.Errorf("building Prometheus: %w", err)
	}
	l.Audit = filepath.Join(l.Folder, "audit.log")
	l.process = exec.CommandContext(ctx, binary, "up", "--nodes", "6", "--zones", "a,b,c", "--ready-after", "100ms",
		"--crds", filepath.Join(root, "config", "crd"), "--audit", l.Audit, "--log", l.log(), "--program", "prom/prometheus="+prometheus)
	l.process.Stderr = os.Stderr
	out, err := l.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := l.process.Start(); err != nil {
		return fmt.Errorf("starting the lab: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("waiting for the lab's kubeconfig: %w", err)
	}
	l.Kubeconfig = strings.TrimSpace(line)
	return nil
}

func (l *Lab) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1
	config.UserAgent = "kanari-e2e"
	config.WarningHandler = rest.NoWarnings{}
	if l.Dynamic, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	plain, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	l.Client = client.WithFieldValidation(plain, metav1.FieldValidationStrict)
	return nil
}

// Stop ends the lab, if it is ours, and removes the tests' files.
func (l *Lab) Stop() error {
	var ended error
	if l.process != nil && l.process.Process != nil {
		ended = errors.Join(l.process.Process.Signal(syscall.SIGTERM), l.process.Wait())
	}
	if ended != nil {
		l.lastWords()
	}
	return errors.Join(ended, os.RemoveAll(l.Folder))
}

func (l *Lab) log() string { return filepath.Join(l.Folder, "lab.log") }

// lastWords prints the end of the log of a lab that did not end well, before the log goes.
func (l *Lab) lastWords() {
	text, err := os.ReadFile(l.log())
	if err != nil {
		return
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines[max(0, len(lines)-60):] {
		fmt.Fprintln(os.Stderr, "lab:", line)
	}
}

// built is the path of a program of the lab.
func built(ctx context.Context, name ...string) (string, error) {
	return output(exec.CommandContext(ctx, filepath.Join(root, "scripts", "lab-build"), name...))
}

// output runs a program and returns the last line that it printed.
func output(cmd *exec.Cmd) (string, error) {
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.TrimSpace(lines[len(lines)-1]), nil
}
