package apisix_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/apisix"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, apisix.Renderer{}, "testdata", 14) }
