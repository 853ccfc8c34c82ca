package calls

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/xds"

	"github.com/kanari-dev/kanari/mesh/answer"
)

// Node is the pod that calls, as istiod should know it.
type Node struct {
	Address, Pod, Namespace string
	// Discovery is istiod's host:port for plain gRPC.
	Discovery string
}

// bootstrap is what a gRPC client needs to know of istiod, and istiod of the client. Labels and zone are istiod's own knowledge: it
// finds the pod by its address.
func (n Node) bootstrap() ([]byte, error) {
	return json.Marshal(map[string]any{
		"xds_servers": []any{map[string]any{
			"server_uri":      n.Discovery,
			"channel_creds":   []any{map[string]any{"type": "insecure"}},
			"server_features": []string{"xds_v3"},
		}},
		"node": map[string]any{
			"id":       fmt.Sprintf("sidecar~%s~%s.%s~%s.svc.cluster.local", n.Address, n.Pod, n.Namespace, n.Namespace),
			"metadata": map[string]any{"GENERATOR": "grpc", "NAMESPACE": n.Namespace, "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.31.0"},
		},
	})
}

func (n Node) resolver() (resolver.Builder, error) {
	text, err := n.bootstrap()
	if err != nil {
		return nil, err
	}
	// By its name this is for tests, and so is this program; the other way is a file, one for the process.
	return xds.NewXDSResolverWithConfigForTesting(text)
}

// way is how a plan's calls are made.
type way interface {
	// ask makes one call; a patient one waits until there is a connection.
	ask(ctx context.Context, patient bool) (version string, received int64, err error)
	close()
}

type grpcWay struct {
	connection *grpc.ClientConn
	headers    metadata.MD
}

func (n Node) dial(p Plan) (way, error) {
	builder, err := n.resolver()
	if err != nil {
		return nil, fmt.Errorf("preparing xDS: %w", err)
	}
	connection, err := grpc.NewClient(p.Target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithResolvers(builder))
	if err != nil {
		return nil, fmt.Errorf("preparing calls to %s: %w", p.Target, err)
	}
	return &grpcWay{connection, metadata.New(p.Headers)}, nil
}

func (w *grpcWay) ask(ctx context.Context, patient bool) (string, int64, error) {
	got, err := answer.Ask(metadata.NewOutgoingContext(ctx, w.headers), w.connection, grpc.WaitForReady(patient))
	return got.Version, got.Received, err
}

func (w *grpcWay) close() { _ = w.connection.Close() }
