package traefik_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
	"github.com/kanari-dev/kanari/internal/traffic/traefik"
)

func TestRender(t *testing.T) { rendertest.Run(t, traefik.Renderer{}, "testdata", 10) }
