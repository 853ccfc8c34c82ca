package smi_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
	"github.com/kanari-dev/kanari/internal/traffic/smi"
)

func TestRender(t *testing.T) { rendertest.Run(t, smi.Renderer{}, "testdata", 9) }
