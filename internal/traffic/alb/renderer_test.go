package alb_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, alb.Renderer{}, "testdata", 27) }
