package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kanari-dev/kanari/lab/controlplane"
	"github.com/kanari-dev/kanari/lab/kubelet"
	"github.com/kanari-dev/kanari/lab/supervise"
)

// startFlags are the flags of up and run.
type startFlags struct {
	options     supervise.Options
	nodes       int
	zones       []string
	region      string
	taints      []string
	users       []string
	programs    []string
	keepRunning bool
}

func (f *startFlags) add(fs *pflag.FlagSet) {
	o := &f.options
	fs.StringVar(&o.Spec.Dir, "dir", "", "folder for the lab's files, removed when it stops (default: one among the temporary files)")
	fs.BoolVar(&o.Spec.Keep, "keep", false, "leave the folder, with the log, when the lab stops")
	fs.IntVar(&o.Port, "port", 0, "port of the API server on 127.0.0.1 (default: any free one)")
	fs.IntVar(&o.Gateway, "gateway-port", 0, "port of the gateway on 127.0.0.1 (default: any free one)")
	fs.StringVar(&o.Network, "network", "auto", "private (own network namespace), mapped (lab's dialer only) or auto")
	fs.StringVar(&o.Log, "log", "", "file for the components' log (default: lab.log in the folder)")
	fs.IntVar(&o.Spec.Verbosity, "v", 0, "verbosity of that log")
	fs.StringVar(&o.Spec.Audit, "audit", "", "file for the API server's audit log: a JSON line for each request")
	fs.StringArrayVar(&o.Spec.CRDs, "crds", nil, "folder of CustomResourceDefinitions to install; may be repeated (default: those in KANARI_LAB_CRDS, with colons between, or crds beside the binary)")
	fs.StringArrayVar(&f.users, "user", nil, "NAME or NAME:GROUP that gets a file kubeconfig-NAME in the folder and only the rights RBAC gives it; may be repeated")
	fs.IntVar(&f.nodes, "nodes", 3, "number of nodes, named node-1, node-2, …")
	fs.StringSliceVar(&f.zones, "zones", []string{"a", "b", "c"}, "zones, given to the nodes in turn")
	fs.StringVar(&f.region, "region", "lab", "region of all nodes")
	fs.StringArrayVar(&f.taints, "taint", nil, "NODE=KEY[=VALUE]:EFFECT; may be repeated")
	fs.DurationVar(&o.Spec.ReadyAfter, "ready-after", 0, "time from a container's start until it is ready")
	fs.DurationVar(&o.Spec.Drain, "drain", 300*time.Millisecond, "time a pod goes on serving after it was asked to end and its preStop hook is over")
	fs.StringArrayVar(&o.Spec.ServeImages, "serve-image", nil, "image name that is served like kanari.dev/demo, such as nginx; * for all; may be repeated")
	fs.StringArrayVar(&f.programs, "program", nil, "IMAGE=PATH: pods with this image run the statically linked program at this path; may be repeated (besides those in KANARI_LAB_PROGRAMS, with commas between)")
	fs.BoolVar(&f.keepRunning, "keep-running", false, "go on when the process that started the lab ends")
}

// resolve checks the flags and completes the options.
func (f *startFlags) resolve() (supervise.Options, error) {
	for _, step := range []func() error{f.resolveNodes, f.resolveTaints, f.resolveUsers, f.resolveCRDs, f.resolvePrograms, f.resolveFiles} {
		if err := step(); err != nil {
			return f.options, supervise.BadInput{Err: err}
		}
	}
	return f.options, nil
}

func (f *startFlags) resolveNodes() error {
	if f.nodes < 1 || f.nodes > 254 {
		return fmt.Errorf("--nodes %d: want a number from 1 to 254", f.nodes)
	}
	if len(f.zones) == 0 {
		return errors.New("--zones: want at least one zone")
	}
	if n := f.options.Network; n != "auto" && n != "private" && n != "mapped" {
		return fmt.Errorf("--network %q: want private, mapped or auto", n)
	}
	for i := range f.nodes {
		f.options.Spec.Nodes = append(f.options.Spec.Nodes, kubelet.Node{
			Name: fmt.Sprintf("node-%d", i+1), Zone: f.zones[i%len(f.zones)], Region: f.region,
		})
	}
	return nil
}

func (f *startFlags) resolveTaints() error {
	for _, text := range f.taints {
		name, taint, err := parseTaint(text)
		if err != nil {
			return err
		}
		found := false
		for i := range f.options.Spec.Nodes {
			if n := &f.options.Spec.Nodes[i]; n.Name == name {
				n.Taints, found = append(n.Taints, taint), true
			}
		}
		if !found {
			return fmt.Errorf("--taint %s: there is no node %q; there are node-1 to node-%d", text, name, f.nodes)
		}
	}
	return nil
}

func parseTaint(text string) (string, kubelet.Taint, error) {
	name, rest, hasNode := strings.Cut(text, "=")
	rest, effect, hasEffect := strings.Cut(rest, ":")
	key, value, _ := strings.Cut(rest, "=")
	switch effect {
	case "NoSchedule", "PreferNoSchedule", "NoExecute":
	default:
		hasEffect = false
	}
	if !hasNode || !hasEffect || name == "" || key == "" {
		return "", kubelet.Taint{}, fmt.Errorf("--taint %s: want NODE=KEY[=VALUE]:EFFECT with an effect NoSchedule, PreferNoSchedule or NoExecute", text)
	}
	return name, kubelet.Taint{Key: key, Value: value, Effect: effect}, nil
}

func (f *startFlags) resolveUsers() error {
	for _, text := range f.users {
		name, group, _ := strings.Cut(text, ":")
		if name == "" || name == "admin" || strings.ContainsAny(name, "/ ") {
			return fmt.Errorf("--user %q: want NAME or NAME:GROUP, without / or spaces, and not admin", text)
		}
		f.options.Spec.Users = append(f.options.Spec.Users, controlplane.User{Name: name, Group: group})
	}
	return nil
}

func (f *startFlags) resolveCRDs() error {
	spec := &f.options.Spec
	if len(spec.CRDs) == 0 {
		spec.CRDs = usualCRDs()
	}
	for i, dir := range spec.CRDs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("--crds %s: it is not a folder", dir)
		}
		full, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		spec.CRDs[i] = full
	}
	return nil
}

func (f *startFlags) resolvePrograms() error {
	var all []string
	if list := os.Getenv("KANARI_LAB_PROGRAMS"); list != "" {
		all = strings.Split(list, ",")
	}
	for _, text := range append(all, f.programs...) {
		image, path, ok := strings.Cut(text, "=")
		if !ok || image == "" || path == "" {
			return fmt.Errorf("--program %s: want IMAGE=PATH", text)
		}
		full, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if info, err := os.Stat(full); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			return fmt.Errorf("--program %s: %s is no program; make one with scripts/lab-build", text, full)
		}
		if f.options.Spec.Programs == nil {
			f.options.Spec.Programs = map[string]string{}
		}
		f.options.Spec.Programs[image] = full
	}
	return nil
}

// usualCRDs are the folders named by KANARI_LAB_CRDS, or the folder crds beside the binary if there is one.
func usualCRDs() []string {
	if list := os.Getenv("KANARI_LAB_CRDS"); list != "" {
		return filepath.SplitList(list)
	}
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	beside := filepath.Join(filepath.Dir(self), "crds")
	if info, err := os.Stat(beside); err != nil || !info.IsDir() {
		return nil
	}
	return []string{beside}
}

// resolveFiles makes sure that the files named by flags can be written.
func (f *startFlags) resolveFiles() error {
	for flag, path := range map[string]*string{"--audit": &f.options.Spec.Audit, "--log": &f.options.Log} {
		if *path == "" {
			continue
		}
		full, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(full, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		_ = file.Close()
		*path = full
	}
	return nil
}
