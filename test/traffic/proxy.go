package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kanari-dev/kanari/test/e2e"
)

// root is the repository, seen from this package's folder.
const root = "../.."

var (
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	services    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	rollouts    = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts"}
)

// byTraefik is its name in the table.
const byTraefik = "Traefik"

// Proxy is one through which requests enter the cluster.
type Proxy struct {
	// Address takes requests, as ADDRESS:PORT inside the lab.
	Address string
}

// OfferTraefik builds Traefik, or takes it from the build cache, and has the labs that start after it run it for its image.
func OfferTraefik(ctx context.Context) error {
	path, err := output(exec.CommandContext(ctx, filepath.Join(root, "scripts", "lab-build"), "traefik"))
	if err != nil {
		return fmt.Errorf("building Traefik: %w", err)
	}
	return os.Setenv("KANARI_LAB_PROGRAMS", "traefik="+path)
}

// DeployTraefik installs the kinds that Traefik brings along, and then itself, as traefik.yaml has it.
func DeployTraefik(ctx context.Context, lab *e2e.Lab) (Proxy, error) {
	if lab.Network != "private" {
		return Proxy{}, fmt.Errorf("the lab's network is %s here: a real proxy needs one with real addresses; run as root or allow user namespaces", lab.Network)
	}
	if err := installKinds(ctx, lab); err != nil {
		return Proxy{}, fmt.Errorf("installing Traefik's kinds: %w", err)
	}
	if err := Install(ctx, lab, "traefik.yaml"); err != nil {
		return Proxy{}, err
	}
	proxy := Proxy{}
	err := Await(ctx, lab, Watched{Resource: pods, Namespace: "traefik"}, "Traefik to be ready", func(all []*unstructured.Unstructured) bool {
		for _, pod := range all {
			if typed := read[corev1.Pod](pod); Ready(typed) {
				proxy.Address = typed.Status.PodIP + ":80"
			}
		}
		return proxy.Address != ""
	})
	return proxy, err
}

// installKinds takes the definitions from the module that Traefik is built from.
func installKinds(ctx context.Context, lab *e2e.Lab) error {
	module, err := output(exec.CommandContext(ctx, "go", "-C", filepath.Join(root, "gateway"), "list", "-m", "-f", "{{.Dir}}", "github.com/traefik/traefik/v3"))
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(module, "docs", "content", "reference", "dynamic-configuration", "traefik.io_*.yaml"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s has no definitions", module), err)
	}
	for _, file := range files {
		if err := Install(ctx, lab, file); err != nil {
			return err
		}
	}
	return Await(ctx, lab, Watched{Resource: definitions}, "Traefik's kinds", func(all []*unstructured.Unstructured) bool {
		served := 0
		for _, definition := range all {
			if strings.HasSuffix(definition.GetName(), ".traefik.io") && holds(definition, "Established") {
				served++
			}
		}
		return served == len(files)
	})
}

// holds tells whether a condition of an object is True.
func holds(object *unstructured.Unstructured, kind string) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, entry := range conditions {
		if condition, _ := entry.(map[string]any); condition["type"] == kind && condition["status"] == "True" {
			return true
		}
	}
	return false
}

// Ready tells whether a pod is, and nobody has told it to go.
func Ready(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil
		}
	}
	return false
}

// Install creates what a file has, unless it is there.
func Install(ctx context.Context, lab *e2e.Lab, file string) error {
	reader, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	for decoder := yaml.NewYAMLOrJSONDecoder(reader, 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		if len(object.Object) == 0 {
			continue
		}
		if err := lab.Client.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("installing %s: %w", file, err)
		}
	}
}

// read returns the typed form.
func read[T any](object *unstructured.Unstructured) *T {
	typed := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		panic(fmt.Sprintf("reading %s %q: %v", object.GetKind(), object.GetName(), err)) // the API server validated it
	}
	return typed
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
