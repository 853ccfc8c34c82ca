package supervise

import (
	"context"
	"os"
	"time"
)

const lookEvery = 250 * time.Millisecond

// Orphaned is closed when the process that started this one has ended. It looks at the parent's number, since the
// kernel's own signal follows the thread that started us, which may end long before its process.
func Orphaned(ctx context.Context) <-chan struct{} {
	gone, parent := make(chan struct{}), os.Getppid()
	go func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for os.Getppid() == parent {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		close(gone)
	}()
	return gone
}
