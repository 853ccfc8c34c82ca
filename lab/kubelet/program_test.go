package kubelet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	ending := func(after time.Duration, code int) program {
		return program{ends: true, known: true, after: after, code: code}
	}
	tests := map[string]struct {
		words []string
		want  program
	}{
		"no command is a server":              {nil, program{}},
		"a sleep and a code in a shell":       {[]string{"sh", "-c", "sleep 2 && exit 1"}, ending(2*time.Second, 1)},
		"a path to the shell, option -xc":     {[]string{"/bin/bash", "-xc", "sleep 0.5; exit 0"}, ending(500*time.Millisecond, 0)},
		"exit as a word of its own":           {[]string{"exit", "1"}, ending(0, 1)},
		"exit in one word":                    {[]string{"exit 3"}, ending(0, 3)},
		"no spaces round the operator":        {[]string{"sh", "-c", "sleep 1&&exit 4"}, ending(time.Second, 4)},
		"a long sleep":                        {[]string{"sleep", "6000"}, ending(6000*time.Second, 0)},
		"minutes":                             {[]string{"sleep", "2m"}, ending(2*time.Minute, 0)},
		"a sleep without end":                 {[]string{"sleep", "infinity"}, program{known: true}},
		"&& after a failure is passed over":   {[]string{"sh", "-c", "false && sleep 9"}, ending(0, 1)},
		"|| after a failure is taken":         {[]string{"sh", "-c", "false || exit 7"}, ending(0, 7)},
		"|| after a success is passed over":   {[]string{"sh", "-c", "true || exit 7"}, ending(0, 0)},
		"lines of a script":                   {[]string{"sh", "-c", "set -e\necho hello\nsleep 1\n"}, ending(time.Second, 0)},
		"exit without a code keeps the last":  {[]string{"sh", "-c", "false; exit"}, ending(0, 1)},
		"a loop never ends":                   {[]string{"sh", "-c", "while true; do sleep 1; done"}, program{known: true}},
		"an unknown program":                  {[]string{"nginx", "-g", "daemon off;"}, program{}},
		"an unknown program after known ones": {[]string{"sh", "-c", "sleep 3; exec /manager"}, program{after: 3 * time.Second}},
		"a command that cannot start":         {[]string{"/bad-command-1"}, program{startFails: true, known: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(test.words), cmp.AllowUnexported(program{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBrokenImage(t *testing.T) {
	tests := map[string]bool{
		"nginx:1.21.0":                         false,
		"localhost:5000/app":                   false,
		"kanari.dev/demo:error":                false,
		"argoproj/rollouts-demo:error":         true,
		"does-not-exist":                       true,
		"nginx:does-not-exist":                 true,
		"localhost:5000/team/nginx:argo-error": false,
		"nginx:stable-argo-error":              true,
		"nonexistent-image-7:v1":               true,
	}
	for image, want := range tests {
		if got := brokenImage(image); got != want {
			t.Errorf("brokenImage(%q) = %t, want %t", image, got, want)
		}
	}
}
