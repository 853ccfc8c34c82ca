package answer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Headers of an answer over HTTP; its body is the Answer.
const (
	VersionHeader  = "X-Version"
	PodHeader      = "X-Pod"
	ReceivedHeader = "X-Received"
)

// Server answers as one pod.
type Server struct {
	Version, Pod, Zone string
	// ErrorRate is the share, 0 to 1, of requests that it answers with Unavailable, or 503.
	ErrorRate float64
	// Address to listen on, without port: all pods of a lab share one network namespace.
	Address string

	asked atomic.Int64
}

// Ports that it listens on.
const (
	GRPCPort = "9090"
	HTTPPort = "8080"
)

// drainWithin bounds how long requests under way may take at the end.
const drainWithin = 2 * time.Second

// Run answers until ctx ends, and then what is under way.
func (s *Server) Run(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(s.Address, GRPCPort))
	if err != nil {
		return fmt.Errorf("listening for gRPC: %w", err)
	}
	calls := grpc.NewServer()
	calls.RegisterService(&description, s)
	requests := s.http()
	ended := make(chan error, 2)
	go func() { ended <- calls.Serve(listener) }()
	go func() { ended <- requests.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	stop := context.AfterFunc(late, calls.Stop)
	defer stop()
	calls.GracefulStop()
	return requests.Shutdown(late)
}

// http serves HTTP/1.1, and HTTP/2 to those who know that it does.
func (s *Server) http() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /asked", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, s.asked.Load()) })
	mux.HandleFunc("/", s.serve)
	server := &http.Server{Addr: net.JoinHostPort(s.Address, HTTPPort), Handler: mux, ReadHeaderTimeout: drainWithin, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	return server
}

var errOrdered = errors.New("an error was ordered")

func (s *Server) ask(context.Context) (Answer, error) {
	answer, err := s.answer()
	if err != nil {
		return answer, status.Error(codes.Unavailable, err.Error())
	}
	return answer, nil
}

func (s *Server) serve(w http.ResponseWriter, _ *http.Request) {
	answer, err := s.answer()
	w.Header().Set(VersionHeader, s.Version)
	w.Header().Set(PodHeader, s.Pod)
	w.Header().Set(ReceivedHeader, strconv.FormatInt(answer.Received, 10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		return // the caller has gone
	}
}

func (s *Server) answer() (Answer, error) {
	s.asked.Add(1)
	answer := Answer{Version: s.Version, Pod: s.Pod, Zone: s.Zone, Received: time.Now().UnixNano()}
	if s.ErrorRate > 0 && rand.Float64() < s.ErrorRate {
		return answer, errOrdered
	}
	return answer, nil
}
