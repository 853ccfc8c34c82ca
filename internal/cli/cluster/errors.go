package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

const (
	rollouts    = "rollouts"
	experiments = "experiments"
)

// call names a request as the server's access rules name it.
type call struct {
	verb, resource, name string
}

// group is the API group that a role must name.
func (c call) group() string {
	switch c.resource {
	case "replicasets", "deployments":
		return "apps"
	case "pods", "nodes", "podtemplates", "services":
		return ""
	case "ingresses":
		return "networking.k8s.io"
	case "virtualservices", "gateways":
		return "networking.istio.io"
	case "httproutes":
		return "gateway.networking.k8s.io"
	}
	return "argoproj.io"
}

func resourceOf(kind string) string {
	if kind == GatewayGVK.Kind {
		return "gateways"
	}
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: kind})
	return plural.Resource
}

// kindNames are the plurals that need more than a capital letter.
var kindNames = map[string]string{
	"analysisruns": "AnalysisRuns", "analysistemplates": "AnalysisTemplates", "clusteranalysistemplates": "ClusterAnalysisTemplates",
}

// told turns an error of a request into one line that says what to do; nil stays nil, and a cancelled request stays as it is.
func (c *Cluster) told(ctx context.Context, err error, request call) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	switch {
	case missingKind(err):
		return terminal.Fail("the server at %s has no %s: %s", c.host, c.kindName(request), c.install(request))
	case apierrors.IsNotFound(err):
		return c.notFound(ctx, request)
	case apierrors.IsForbidden(err):
		return c.forbidden(request)
	case apierrors.IsAlreadyExists(err):
		return terminal.Fail("%s %q is there already: choose another name, or delete it first", qualified(request), request.name)
	case apierrors.IsUnauthorized(err):
		return terminal.Fail("the server at %s does not accept your credentials: log in again, or choose another --context", c.host)
	}
	if apierrors.IsConflict(err) {
		line := fmt.Sprintf("%s %q was changed by somebody else at the same moment: look at it, then try again", qualified(request), request.name)
		return &terminal.Exit{Code: terminal.Failed, Message: line, Cause: err}
	}
	if cause, ok := unreachable(err); ok {
		return terminal.Fail("cannot reach the API server at %s (%s): check --context and --kubeconfig, and that the cluster runs", c.host, cause)
	}
	return terminal.Fail("%s", oneLine(err))
}

// missingKind is true when the server knows no such resource at all, rather than no object of that name.
func missingKind(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && slices.ContainsFunc(details.Causes, func(cause metav1.StatusCause) bool {
		return cause.Type == metav1.CauseTypeUnexpectedServerResponse
	})
}

func (c *Cluster) kindName(request call) string {
	resource, _, _ := strings.Cut(request.resource, "/")
	if request.group() != "argoproj.io" {
		return resource
	}
	return "argoproj.io/v1alpha1 " + cmp.Or(kindNames[resource], strings.ToUpper(resource[:1])+resource[1:])
}

func (c *Cluster) install(request call) string {
	if request.group() != "argoproj.io" {
		return "is it a Kubernetes API server?"
	}
	return "install them with kubectl apply --server-side -k config/crd"
}

func (c *Cluster) notFound(ctx context.Context, request call) error {
	line := fmt.Sprintf("%s %q not found", qualified(request), request.name)
	if !clusterWide(request) {
		line += fmt.Sprintf(" in namespace %q", c.Namespace)
	}
	resource, _, _ := strings.Cut(request.resource, "/")
	if resource != rollouts {
		return terminal.Fail("%s", line)
	}
	if near := c.nearest(ctx, request.name); near != "" {
		return terminal.Fail("%s; did you mean %q?", line, near)
	}
	return terminal.Fail("%s", line)
}

func clusterWide(request call) bool {
	return request.resource == "nodes" || request.resource == "clusteranalysistemplates"
}

func qualified(request call) string {
	resource, _, _ := strings.Cut(request.resource, "/")
	if request.group() == "" {
		return resource
	}
	return resource + "." + request.group()
}

func (c *Cluster) forbidden(request call) error {
	place, role := fmt.Sprintf(" in namespace %q", c.Namespace), "Role"
	if clusterWide(request) {
		place, role = "", "ClusterRole"
	}
	return terminal.Fail("you may not %s %s%s: ask for a %s with apiGroups [%q], resources [%q], verbs [%q]",
		request.verb, request.resource, place, role, request.group(), request.resource, request.verb)
}

// unreachable gives the innermost reason why no answer came.
func unreachable(err error) (string, bool) {
	var netError net.Error
	var urlError *url.Error
	var opError *net.OpError
	switch {
	case errors.As(err, &opError):
		return innermost(opError).Error(), true
	case errors.As(err, &urlError):
		return innermost(urlError).Error(), true
	case errors.As(err, &netError):
		return netError.Error(), true
	}
	return "", false
}

func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

func badConfig(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		return terminal.Fail("no cluster is configured: set KUBECONFIG or --kubeconfig, or name one with --server")
	}
	return terminal.Fail("cannot use the kubeconfig: %s", oneLine(err))
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// gone is the error for an object that was there and is no longer.
func (c *Cluster) gone(resource, name string) error {
	return terminal.Fail("%s %q was deleted from namespace %q", qualified(call{resource: resource}), name, c.Namespace)
}
