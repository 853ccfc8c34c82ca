package try

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

const long = `Show a new version to the requests with a header, for as long as this command runs.

One pod of the new version is started beside the stable ones. Requests with the header go to it, all others stay where they are.
At the end (--for, Ctrl-C, or a pod that does not start) the Rollout is put back as it was. "promote" keeps the new version instead:
it goes on with the Rollout's own steps.

Should the command be killed, the trial goes on: header route, pod, and three to five steps before your own. Nothing moves by itself.
"try NAME --end" ends it from anywhere; the annotation kanari.dev/try of the Rollout says what it is.

Without --image, images whose tag ends in "latest" are tried with a tag that ends in "canary" instead.`

// options are the flags of the command.
type options struct {
	header string
	images []string
	last   time.Duration
	end    bool
}

// Command is "try NAME".
func Command(f *cluster.Factory) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:               "try NAME [--header NAME=VALUE] [--image CONTAINER=IMAGE]",
		Short:             "Show a new version to the requests with a header, for a while",
		Long:              long,
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.header, "header", "x-canary=true", "The header of the requests that get the new version, and its value")
	flags.StringArrayVar(&o.images, "image", nil, "What to try, CONTAINER=IMAGE, or IMAGE where there is one container. May be given several times")
	flags.DurationVar(&o.last, "for", 0, "How long; 0 lasts until Ctrl-C")
	flags.BoolVar(&o.end, "end", false, "End a trial whose command was killed")
	return cmd
}

func run(ctx context.Context, f *cluster.Factory, name string, o options) error {
	header, err := headerOf(o.header)
	if err != nil {
		return err
	}
	if o.last < 0 {
		return terminal.Usage("--for=%s: use a time such as 30m or 2h, or 0 to try until Ctrl-C", o.last)
	}
	palette, err := f.Palette()
	if err != nil {
		return err
	}
	c, err := f.Open()
	if err != nil {
		return err
	}
	v := &visit{factory: f, palette: palette, cluster: c, name: name, last: o.last}
	if o.end {
		return v.leave(ctx)
	}
	feed, err := c.FollowRollout(ctx, name) // who may not look had better not begin
	if err != nil {
		return err
	}
	if v.trial, v.generation, err = begin(context.WithoutCancel(ctx), c, name, wish{header: header, images: o.images, until: v.until()}); err != nil {
		return err
	}
	fmt.Fprint(f.IO.Out, f.Voice.Made("rollout", name, "tries "+v.trial.images()))
	return v.stay(ctx, feed)
}

// header is what marks the requests for the new version.
type header struct{ name, value string }

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$")

// headerOf writes the name in small letters, as routers want it; to HTTP it is the same.
func headerOf(text string) (header, error) {
	name, value, found := strings.Cut(text, "=")
	if !found || value == "" || !headerName.MatchString(name) || strings.ContainsAny(value, "'\r\n") {
		return header{}, terminal.Usage("--header=%q: write it as NAME=VALUE, such as x-canary=true", text)
	}
	return header{strings.ToLower(name), value}, nil
}

func (h header) String() string { return h.name + ": " + h.value }
