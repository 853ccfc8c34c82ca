package istio

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/internal/traffic"
)

// virtualService is one VirtualService while it is edited. The object is a copy of its own.
type virtualService struct {
	named   namedService
	home    string // namespace of the Rollout
	object  *unstructured.Unstructured
	ours    receivers
	want    traffic.Routing
	lowered bool // some canary share is less than before
}

func (v *virtualService) render() error {
	picks, err := v.picks()
	if err != nil {
		return err
	}
	var weighted map[string]any
	for _, p := range picks {
		lowered, err := v.ours.weigh(p.route, v.want)
		if err != nil {
			return v.refused(p.kind, err)
		}
		v.lowered = v.lowered || lowered
		if p.kind == "http" && weighted == nil {
			weighted = p.route
		}
	}
	v.manageRoutes(weighted)
	return nil
}

// refused is an error about a route in the known words; one that has its own field already is kept.
func (v *virtualService) refused(kind string, err error) error {
	invalid := &field.Error{}
	if errors.As(err, &invalid) {
		return invalid
	}
	word := map[string]string{"http": "HTTP", "tls": "TLS", "tcp": "TCP"}[kind]
	return v.invalid(fmt.Sprintf("Istio VirtualService has invalid %s routes. Error: %s", word, err))
}

func (v *virtualService) invalid(text string) error {
	return v.invalidAt(v.named.path.Child("name"), v.named.Name, text)
}

func (v *virtualService) invalidAt(path *field.Path, value any, text string) error {
	return field.Invalid(path, value, text)
}
