package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kanari-dev/kanari/internal/cli/abort"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/completion"
	"github.com/kanari-dev/kanari/internal/cli/convert"
	"github.com/kanari-dev/kanari/internal/cli/create"
	"github.com/kanari-dev/kanari/internal/cli/get"
	"github.com/kanari-dev/kanari/internal/cli/list"
	"github.com/kanari-dev/kanari/internal/cli/pause"
	"github.com/kanari-dev/kanari/internal/cli/promote"
	"github.com/kanari-dev/kanari/internal/cli/restart"
	"github.com/kanari-dev/kanari/internal/cli/retry"
	"github.com/kanari-dev/kanari/internal/cli/set"
	"github.com/kanari-dev/kanari/internal/cli/status"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/cli/terminate"
	"github.com/kanari-dev/kanari/internal/cli/try"
	"github.com/kanari-dev/kanari/internal/cli/undo"
	"github.com/kanari-dev/kanari/internal/cli/version"
	"github.com/kanari-dev/kanari/internal/cli/voice"
)

// Main runs one command line, program name included, and returns its exit code.
func Main(args []string, io terminal.IO) int {
	quiet()
	program, args := asCompletion(args[0], args[1:])
	v := voice.Of(program)
	ctx, stop := interruptible(io)
	defer stop()

	c := &call{factory: cluster.NewFactory(io, v)}
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	code := c.code(ctx, cmd, err)
	return v.ExitCode(code)
}

// quiet keeps the client libraries from talking to the user; --kloglevel lets them.
var quiet = sync.OnceFunc(func() {
	klog.SetLogger(logr.Discard())
	log.SetLogger(logr.Discard())
})

// completionPrefix begins the name of the programs that kubectl asks for completions of a plugin's arguments.
const completionPrefix = "kubectl_complete-"

// asCompletion lets the program answer as kubectl's completion program when it is linked under that name.
func asCompletion(program string, args []string) (string, []string) {
	plugin, found := strings.CutPrefix(filepath.Base(program), completionPrefix)
	if !found {
		return program, args
	}
	return "kubectl-" + plugin, append([]string{cobra.ShellCompRequestCmd}, args...)
}

// interruptible is a context that ends when the user asks to stop.
func interruptible(io terminal.IO) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		select {
		case <-io.Interrupt:
			stop()
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

// call is one command line on its way.
type call struct {
	factory  *cluster.Factory
	verbose  int
	logLevel string
	started  bool // the command line was understood
}

func (c *call) root() *cobra.Command {
	f := c.factory
	root := &cobra.Command{
		Use:               f.Voice.Binary(),
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: f.Voice.Command()},
		Short:             "See and steer Rollouts",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: c.start,
	}
	root.SetIn(f.IO.In)
	root.SetOut(f.IO.Out)
	root.SetErr(f.IO.Err)
	flags := root.PersistentFlags()
	f.AddFlags(flags)
	flags.IntVarP(&c.verbose, "kloglevel", "v", 0, "Log requests to the API server at this level of detail, up to 9")
	flags.StringVar(&c.logLevel, "loglevel", "info", "Accepted for old command lines; has no effect")
	root.AddCommand(
		get.Command(f), list.Command(f), status.Command(f),
		promote.Command(f), abort.Command(f), retry.Command(f), pause.Command(f),
		undo.Command(f), restart.Command(f), set.Command(f),
		create.Command(f), terminate.Command(f), try.Command(f), convert.Command(f),
		version.Command(f), completion.Command(f),
	)
	return root
}

func (c *call) start(*cobra.Command, []string) error {
	c.started = true
	if c.verbose == 0 {
		return nil
	}
	klog.ClearLogger()
	levels := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(levels)
	return levels.Set("v", strconv.Itoa(c.verbose))
}

// code prints the one line that the error deserves, and chooses the exit code.
func (c *call) code(ctx context.Context, cmd *cobra.Command, err error) int {
	if err == nil {
		return interrupted(ctx)
	}
	exit := c.exit(ctx, err)
	if exit.Message != "" {
		fmt.Fprint(c.factory.IO.Err, c.factory.Voice.Error(exit.Message))
	}
	if exit.Code == terminal.WrongUsage {
		c.showUsage(cmd)
	}
	return exit.Code
}

func interrupted(ctx context.Context) int {
	if ctx.Err() != nil {
		return terminal.Interrupted
	}
	return terminal.Reached
}

func (c *call) exit(ctx context.Context, err error) *terminal.Exit {
	var exit *terminal.Exit
	switch {
	case errors.As(err, &exit):
		return exit
	case ctx.Err() != nil:
		return &terminal.Exit{Code: terminal.Interrupted}
	case !c.started:
		first, _, _ := strings.Cut(err.Error(), "\n")
		return &terminal.Exit{Code: terminal.WrongUsage, Message: first}
	}
	return &terminal.Exit{Code: terminal.Failed, Message: err.Error()}
}

// showUsage is the whole usage in the plugin's voice, which prints it, and a pointer to it otherwise.
func (c *call) showUsage(cmd *cobra.Command) {
	if c.factory.Voice.Plugin() {
		fmt.Fprint(c.factory.IO.Err, cmd.UsageString())
		return
	}
	fmt.Fprintf(c.factory.IO.Err, "See '%s --help'.\n", cmd.CommandPath())
}
