package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/kanari-dev/kanari/lab/cluster"
	"github.com/kanari-dev/kanari/lab/controlplane"
	"github.com/kanari-dev/kanari/lab/kubelet"
	"github.com/kanari-dev/kanari/lab/supervise"
)

func resolve(t *testing.T, words ...string) (cluster.Spec, error) {
	t.Helper()
	t.Setenv("KANARI_LAB_CRDS", "")
	t.Setenv("KANARI_LAB_PROGRAMS", "")
	return resolveHere(t, words...)
}

func resolveHere(t *testing.T, words ...string) (cluster.Spec, error) {
	t.Helper()
	var f startFlags
	fs := pflag.NewFlagSet("up", pflag.ContinueOnError)
	f.add(fs)
	if err := fs.Parse(words); err != nil {
		t.Fatal(err)
	}
	o, err := f.resolve()
	return o.Spec, err
}

func TestResolve(t *testing.T) {
	got, err := resolve(t, "--nodes=4", "--zones=a,b", "--region=r", "--taint=node-2=key=value:NoSchedule", "--taint=node-2=lone:NoExecute", "--user=kanari:team", "--user=bob")
	if err != nil {
		t.Fatal(err)
	}
	want := []kubelet.Node{
		{Name: "node-1", Zone: "a", Region: "r"},
		{Name: "node-2", Zone: "b", Region: "r", Taints: []kubelet.Taint{{Key: "key", Value: "value", Effect: "NoSchedule"}, {Key: "lone", Effect: "NoExecute"}}},
		{Name: "node-3", Zone: "a", Region: "r"},
		{Name: "node-4", Zone: "b", Region: "r"},
	}
	if diff := cmp.Diff(want, got.Nodes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]controlplane.User{{Name: "kanari", Group: "team"}, {Name: "bob"}}, got.Users); diff != "" {
		t.Error(diff)
	}
}

func TestResolveRefuses(t *testing.T) {
	tests := map[string]string{
		"no nodes":                         "--nodes=0",
		"more nodes than addresses":        "--nodes=255",
		"no zone":                          "--zones=",
		"a taint without an effect":        "--taint=node-1=key=value",
		"a taint with an unknown effect":   "--taint=node-1=key:Never",
		"a taint of a node that is not":    "--taint=node-9=key:NoSchedule",
		"a user without a name":            "--user=:group",
		"a user that is the administrator": "--user=admin",
		"a network that does not exist":    "--network=foo",
		"a folder of kinds that is not":    "--crds=/does/not/exist",
		"an audit log that cannot be made": "--audit=/does/not/exist",
		"a program without a path":         "--program=prom/prometheus",
		"a program that is not there":      "--program=prom/prometheus=/does/not/exist",
		"a program that is a folder":       "--program=prom/prometheus=/",
	}
	for name, flag := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := resolve(t, flag)
			flagName, _, _ := strings.Cut(flag, "=")
			if !errors.As(err, &supervise.BadInput{}) || !strings.HasPrefix(err.Error(), flagName) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one line of bad input that begins with %s, got: %v", flagName, err)
			}
		})
	}
}

func TestResolvePrograms(t *testing.T) {
	t.Setenv("KANARI_LAB_CRDS", "")
	t.Setenv("KANARI_LAB_PROGRAMS", "prom/prometheus=/bin/true,localhost:5000/tool=/bin/false")
	got, err := resolveHere(t)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"prom/prometheus": "/bin/true", "localhost:5000/tool": "/bin/false"}
	if diff := cmp.Diff(want, got.Programs); diff != "" {
		t.Errorf("by the environment (-want +got):\n%s", diff)
	}
	got, err = resolveHere(t, "--program=prom/prometheus=/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	want["prom/prometheus"] = "/bin/cat"
	if diff := cmp.Diff(want, got.Programs); diff != "" {
		t.Errorf("by a flag, which goes first (-want +got):\n%s", diff)
	}
}
