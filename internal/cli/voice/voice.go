package voice

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Voice is one way to answer. The zero value answers as kubectl does.
type Voice struct {
	plugin bool
}

// pluginName is the file name that selects the other plugin's voice.
const pluginName = "kubectl-argo-rollouts"

// Of chooses the voice by the name that the program was called by, with or without folder and ".exe".
func Of(program string) Voice {
	return Voice{plugin: strings.TrimSuffix(filepath.Base(program), ".exe") == pluginName}
}

// Plugin says whether to answer as kubectl-argo-rollouts.
func (v Voice) Plugin() bool { return v.plugin }

// Command is what the user types to reach the program.
func (v Voice) Command() string {
	if v.plugin {
		return "kubectl argo rollouts"
	}
	return "kubectl kanari"
}

// Binary is the program's file name.
func (v Voice) Binary() string {
	if v.plugin {
		return pluginName
	}
	return "kubectl-kanari"
}

// Done reports what was done to a Rollout, on one line: "rollout.argoproj.io/web promoted", or "rollout 'web' promoted".
func (v Voice) Done(name, what string) string { return v.DoneTo("rollout", name, what) }

// DoneTo reports what was done to an object of a kind, which is spelt as in "analysisRun".
func (v Voice) DoneTo(kind, name, what string) string {
	if v.plugin {
		return fmt.Sprintf("%s '%s' %s\n", kind, name, what)
	}
	return v.Made(kind, name, what)
}

// Made reports what was made, in the same words in both voices: "analysisrun.argoproj.io/smoke-x7k2p created".
func (v Voice) Made(kind, name, what string) string {
	return fmt.Sprintf("%s.argoproj.io/%s %s\n", strings.ToLower(kind), name, what)
}

// Error is an error message as it is printed.
func (v Voice) Error(message string) string {
	if v.plugin {
		return "Error: " + message + "\n"
	}
	return "error: " + message + "\n"
}

// ExitCode maps an exit code to the voice: the plugin knows only success and failure.
func (v Voice) ExitCode(code int) int {
	if v.plugin && code != 0 {
		return 1
	}
	return code
}
