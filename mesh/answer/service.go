package answer

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Answer tells who was reached.
type Answer struct {
	Version string `json:"version"`
	Pod     string `json:"pod"`
	Zone    string `json:"zone"`
	// Received is when the request arrived, in nanoseconds since 1970.
	Received int64 `json:"received"`
}

// The one method, as it stands on the wire.
const (
	service = "kanari.mesh.Answers"
	method  = "Ask"
)

type answers interface {
	ask(ctx context.Context) (Answer, error)
}

var description = grpc.ServiceDesc{
	ServiceName: service,
	HandlerType: (*answers)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: method, Handler: handle}},
}

func handle(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	if err := decode(&emptypb.Empty{}); err != nil {
		return nil, err
	}
	answer, err := server.(answers).ask(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(answer)
	return wrapperspb.String(string(text)), err
}

// Ask asks whoever the connection leads to.
func Ask(ctx context.Context, connection grpc.ClientConnInterface, options ...grpc.CallOption) (Answer, error) {
	text, answer := &wrapperspb.StringValue{}, Answer{}
	if err := connection.Invoke(ctx, "/"+service+"/"+method, &emptypb.Empty{}, text, options...); err != nil {
		return answer, err
	}
	if err := json.Unmarshal([]byte(text.GetValue()), &answer); err != nil {
		return answer, fmt.Errorf("reading the answer %q: %w", text.GetValue(), err)
	}
	return answer, nil
}
