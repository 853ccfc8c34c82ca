package version

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

// Version is set by the release build: -ldflags "-X github.com/kanari-dev/kanari/internal/cli/version.Version=v1.2.3".
var Version = ""

// Command is "version".
func Command(f *cluster.Factory) *cobra.Command {
	var short bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cluster.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprint(f.IO.Out, text(f.Voice.Binary(), short))
			return nil
		},
	}
	cmd.Flags().BoolVar(&short, "short", false, "Print the version number alone")
	return cmd
}

func text(program string, short bool) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	b := read(info)
	first := fmt.Sprintf("%s: %s\n", program, b.version)
	if short {
		return first
	}
	return first + fmt.Sprintf("  BuildDate: %s\n  GitCommit: %s\n  GitTreeState: %s\n  GoVersion: %s\n  Compiler: %s\n  Platform: %s/%s\n",
		b.date, b.commit, b.tree, runtime.Version(), runtime.Compiler, runtime.GOOS, runtime.GOARCH)
}

// build is what is known of the making of this program.
type build struct {
	version, date, commit, tree string
}

func read(info *debug.BuildInfo) build {
	b := build{version: "v0.0.0-unreleased", date: "unknown", commit: "unknown", tree: "unknown"}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		b.version = info.Main.Version
	}
	if Version != "" {
		b.version = Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.commit = setting.Value
		case "vcs.time":
			b.date = setting.Value
		case "vcs.modified":
			b.tree = map[string]string{"true": "dirty", "false": "clean"}[setting.Value]
		}
	}
	return b
}
