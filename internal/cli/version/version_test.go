package version

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	recorded := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-21T10:00:00Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	want := build{version: "v1.2.3", date: "2026-11-21T10:00:00Z", commit: "abc", tree: "dirty"}
	if diff := cmp.Diff(want, read(recorded), cmp.AllowUnexported(build{})); diff != "" {
		t.Error(diff)
	}
	if got := read(&debug.BuildInfo{}).version; got != "v0.0.0-unreleased" {
		t.Errorf("nothing recorded: %q", got)
	}
	Version = "v9"
	defer func() { Version = "" }()
	if got := read(recorded).version; got != "v9" {
		t.Errorf("the release build wins: %q", got)
	}
}
