package appmesh_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/appmesh"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, appmesh.Renderer{}, "testdata", 20) }
