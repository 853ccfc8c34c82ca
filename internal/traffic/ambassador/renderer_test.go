package ambassador_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/ambassador"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, ambassador.Renderer{}, "testdata", 10) }
