package network

import (
	"context"
	"io"
	"net/netip"
	"testing"
)

func TestPoolGivesEveryAddressOnce(t *testing.T) {
	var pool Pool
	seen := map[netip.Addr]bool{}
	for {
		a, err := pool.Take()
		if err != nil {
			break
		}
		if seen[a] || !Pods.Contains(a) || a.Compare(Node(254)) <= 0 {
			t.Fatalf("address %s: given twice, outside %s, or a node's", a, Pods)
		}
		seen[a] = true
	}
	if want := 255 * 254; len(seen) != want {
		t.Errorf("gave %d addresses, want %d", len(seen), want)
	}
	back := netip.MustParseAddr("10.88.7.7")
	pool.Free(back)
	if got, err := pool.Take(); err != nil || got != back {
		t.Errorf("after Free(%s) the full pool gave %s, %v", back, got, err)
	}
}

func TestPoolDoesNotReuseAtOnce(t *testing.T) {
	var pool Pool
	first, err := pool.Take()
	if err != nil {
		t.Fatal(err)
	}
	pool.Free(first)
	if second, err := pool.Take(); err != nil || second == first {
		t.Errorf("gave %s again at once (error %v)", second, err)
	}
}

func TestMapped(t *testing.T) {
	var m Mapped
	at := netip.MustParseAddrPort("10.88.1.1:80")
	l, err := m.Listen(at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Listen(at); err == nil {
		t.Error("one address was given to two listeners")
	}
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.WriteString(c, "pod")
			_ = c.Close()
		}
	}()
	c, err := m.DialContext(context.Background(), "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != "pod" {
		t.Errorf("read %q, %v", got, err)
	}
	_ = l.Close()
	if _, err := m.DialContext(context.Background(), "tcp", at.String()); err == nil {
		t.Error("a closed address still answers")
	}
}
