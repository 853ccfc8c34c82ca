package traffic

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Finding is a setting that will surprise whoever wrote it, found before anything is written.
type Finding struct {
	// Code is stable, such as KAN-IST05: people search for it and silence it by it. docs/findings.md explains each.
	Code string
	// Blocks is true where going on would send requests to the wrong place or lose them. Others are told once a delivery.
	Blocks bool
	// Field of the Rollout that leads to the object.
	Field *field.Path
	// Object and Path say where the setting stands, such as VirtualService shop/web and spec.http[1].
	Object Ref
	Path   string
	// Text says what happens because of it, and the way out.
	Text string
}

// String is one line for events and conditions.
func (f Finding) String() string {
	return fmt.Sprintf("%s %s %s: %s", f.Code, f.Object, f.Path, f.Text)
}

// Error is the finding as the reason why nothing is done.
func (f Finding) Error() *field.Error {
	return field.Invalid(f.Field, f.Object.Name, f.String())
}
