package sim

import (
	"slices"
	"testing"

	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	tcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	"github.com/google/go-cmp/cmp"
	"istio.io/istio/pkg/wellknown"
)

// checkStream compares a TCP or TLS route with Istio's on the Service of its VirtualService.
func (l look) checkStream(t *testing.T, kind string, route object) {
	match := first(route)
	port, _ := match["port"].(float64)
	if port == 0 {
		port = anyPort
	}
	names, _ := match["sniHosts"].([]any)
	want := l.written(route, port)
	var seen []map[string]int
	for _, on := range l.Listeners(l.client("", nil)) {
		at := on.GetAddress().GetSocketAddress()
		if at.GetPortValue() != uint32(port) || at.GetAddress() != l.addresses[l.request(object{}).host] {
			continue
		}
		for _, chain := range on.FilterChains {
			if kind == "tcp" || len(names) > 0 && slices.Contains(chain.GetFilterChainMatch().GetServerNames(), names[0].(string)) {
				seen = append(seen, streamShares(t, chain))
			}
		}
	}
	if !slices.ContainsFunc(seen, func(got map[string]int) bool { return cmp.Equal(got, want) }) {
		t.Errorf("no listener on %v %v shares as is written: %s; there are %v", port, names, shown(want), seen)
	}
}

// streamShares are the clusters of a filter chain that forwards bytes.
func streamShares(t *testing.T, chain *listener.FilterChain) map[string]int {
	t.Helper()
	weights := map[string]uint32{}
	for _, filter := range chain.Filters {
		if filter.Name != wellknown.TCPProxy {
			continue
		}
		proxy := &tcp.TcpProxy{}
		if err := filter.GetTypedConfig().UnmarshalTo(proxy); err != nil {
			t.Fatal(err)
		}
		if cluster := proxy.GetCluster(); cluster != "" {
			weights[cluster] = 1
		}
		for _, w := range proxy.GetWeightedClusters().GetClusters() {
			weights[w.Name] += w.Weight
		}
	}
	return shares(weights)
}
