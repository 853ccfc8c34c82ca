package controller

import (
	"os"
	"strings"
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/alb/aws"
)

// TestAWSIsAskedOnRequestOnly: without the flag no identity and no region are looked for, so that clusters elsewhere start.
func TestAWSIsAskedOnRequestOnly(t *testing.T) {
	for name, value := range map[string]string{"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull} {
		t.Setenv(name, value)
	}
	all, err := Routers{}.renderers(t.Context(), &bell{})
	if _, plain := all[0].(alb.Renderer); err != nil || !plain {
		t.Errorf("without the flag: %T, error %v", all[0], err)
	}
	asking := Routers{VerifyTargetGroups: true}
	if _, err := asking.renderers(t.Context(), &bell{}); err == nil || !strings.Contains(err.Error(), "set AWS_REGION on the controller, or leave out --aws-verify-target-group") {
		t.Errorf("without a region: error %v", err)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	all, err = asking.renderers(t.Context(), &bell{})
	if err != nil {
		t.Fatal(err)
	}
	if _, asks := all[0].(aws.Renderer); !asks {
		t.Errorf("with the flag: %T", all[0])
	}
}
