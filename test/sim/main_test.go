package sim_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain lets the properties draw the same worlds every time, so that a red run means that somebody changed something. To look for
// what nobody has thought of, give another seed and more time: go test ./test/sim -rapid.seed=$RANDOM -rapid.checks=1000
func TestMain(m *testing.M) {
	flag.Parse()
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == seed.DefValue {
		if err := flag.Set("rapid.seed", "20261121"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}
