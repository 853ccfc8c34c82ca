package get

import (
	"fmt"
	"strings"

	"github.com/kanari-dev/kanari/internal/cli/paint"
	"github.com/kanari-dev/kanari/internal/view"
)

// header is the block above the tree: a key and a value a line.
func (p printer) header(v view.RolloutView) string {
	var b strings.Builder
	line := func(key string, value any) { fmt.Fprintf(&b, "%-17s%v\n", key, value) }
	line("Name:", v.Identity.Name)
	line("Namespace:", v.Identity.Namespace)
	line("Status:", paint.Status(p.palette, v.Mark, v.Phase))
	if v.Message != "" {
		line("Message:", v.Message)
	}
	if p.options.output == "wide" {
		line("Why:", v.Sentence)
	}
	line("Strategy:", v.Strategy)
	if v.Weights != nil {
		line("  Step:", stepText(v.Step))
		line("  SetWeight:", v.Weights.Desired)
		line("  ActualWeight:", v.Weights.Applied)
	}
	key := "Images:"
	for _, image := range v.Images {
		line(key, p.image(image))
		key = ""
	}
	b.WriteString("Replicas:\n")
	line("  Desired:", v.Replicas.Desired)
	line("  Current:", v.Replicas.Current)
	line("  Updated:", v.Replicas.Updated)
	line("  Ready:", v.Replicas.Ready)
	line("  Available:", v.Replicas.Available)
	return b.String()
}

func stepText(step *view.Step) string {
	if step == nil {
		return "-"
	}
	return fmt.Sprintf("%d/%d", step.Index, step.Count)
}

func (p printer) image(image view.Image) string {
	if len(image.Roles) == 0 {
		return image.Name
	}
	return fmt.Sprintf("%s (%s)", image.Name, paint.Roles(p.palette, image.Roles, ", "))
}
