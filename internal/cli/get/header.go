package get

import (
	"fmt"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/internal/cli/paint"
	"github.com/kanari-dev/kanari/internal/view"
)

// block is the lines above the tree: a key and a value each.
type block struct{ strings.Builder }

func (b *block) line(key string, value any) { fmt.Fprintf(b, "%-17s%v\n", key, value) }

// header of a Rollout.
func (p printer) header(v view.RolloutView) string {
	var b block
	b.line("Name:", v.Identity.Name)
	b.line("Namespace:", v.Identity.Namespace)
	b.line("Status:", paint.Status(p.palette, v.Mark, v.Phase))
	if v.Message != "" {
		b.line("Message:", v.Message)
	}
	if p.wide() {
		b.line("Why:", v.Sentence)
	}
	b.line("Strategy:", v.Strategy)
	if v.Weights != nil {
		b.line("  Step:", stepText(v.Step))
		b.line("  SetWeight:", v.Weights.Desired)
		b.line("  ActualWeight:", v.Weights.Applied)
	}
	p.images(&b, v.Images)
	b.WriteString("Replicas:\n")
	b.line("  Desired:", v.Replicas.Desired)
	b.line("  Current:", v.Replicas.Current)
	b.line("  Updated:", v.Replicas.Updated)
	b.line("  Ready:", v.Replicas.Ready)
	b.line("  Available:", v.Replicas.Available)
	return b.String()
}

// experimentHeader says less than the header of a Rollout; the wide form adds when it ends.
func (p printer) experimentHeader(v view.ExperimentView) string {
	var b block
	b.line("Name:", v.Identity.Name)
	b.line("Namespace:", v.Identity.Namespace)
	b.line("Status:", paint.Status(p.palette, v.Mark, v.Phase))
	if v.Message != "" {
		b.line("Message:", v.Message)
	}
	if p.wide() && !v.EndsAt.IsZero() {
		b.line("Ends:", v.EndsAt.Format(time.RFC3339))
	}
	p.images(&b, v.Images)
	return b.String()
}

func (p printer) images(b *block, images []view.Image) {
	key := "Images:"
	for _, image := range images {
		b.line(key, p.image(image))
		key = ""
	}
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
