package nginx_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/nginx"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

// What is found in the cases of the renderer, which are objects as people have them: these lines and no other.
func TestInspectTheCasesOfTheRenderer(t *testing.T) {
	const (
		retired = "web: told KAN-NGX01 spec.ingressClassName"
		nothing = "web: blocks KAN-NGX03 spec.rules"
	)
	rendertest.Inspected(t, nginx.Renderer{}, "testdata", map[string][]string{
		"annotation-order":        {retired},
		"annotation-prefix":       {retired},
		"both-forms":              {retired, retired},
		"class-and-tls":           {retired},
		"controlled-by-another":   {retired},
		"controlled-by-nobody":    {retired},
		"max-traffic-weight":      {retired},
		"max-traffic-weight-gone": {retired},
		"no-rule-of-ours":         {nothing, retired},
		"no-services":             {retired},
		"notes-of-others-stay":    {retired},
		"only-our-rules":          {retired},
		"rules-without-http":      {retired},
		"several-ingresses":       {retired, retired},
		"stable-changed":          {retired},
		"whole-canary":            {retired},
	})
}
