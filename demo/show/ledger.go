package show

import (
	"slices"
	"sync"
	"time"
)

// Count is a number of requests and how many of them failed.
type Count struct{ Requests, Errors int }

// Tally is a Count for each version.
type Tally map[string]Count

// Batch is what was answered in a short time: short beside the stretches that are counted.
type Batch struct {
	At    time.Time            // its end
	Tally Tally                // requests that nobody of ours answered are under the empty version
	Last  map[string]time.Time // when the last request reached each version
}

// Ledger keeps Batches in the order of time. The zero value is empty; several goroutines may use it.
type Ledger struct {
	mu      sync.Mutex
	batches []Batch
}

// Add takes a Batch that is younger than those before.
func (l *Ledger) Add(b Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches = append(l.batches, b)
}

// Between counts the Batches that ended after from, and at to or before.
func (l *Ledger) Between(from, to time.Time) Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	first, _ := slices.BinarySearchFunc(l.batches, from, func(b Batch, at time.Time) int {
		if b.At.After(at) {
			return 1
		}
		return -1
	})
	tally := Tally{}
	for _, batch := range l.batches[first:] {
		if batch.At.After(to) {
			break
		}
		for version, more := range batch.Tally {
			count := tally[version]
			tally[version] = Count{count.Requests + more.Requests, count.Errors + more.Errors}
		}
	}
	return tally
}

// Last is when the last request reached a version; zero if none did.
func (l *Ledger) Last(version string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, batch := range slices.Backward(l.batches) {
		if at, found := batch.Last[version]; found {
			return at
		}
	}
	return time.Time{}
}

// Total adds up all versions.
func (t Tally) Total() Count {
	var sum Count
	for _, count := range t {
		sum.Requests += count.Requests
		sum.Errors += count.Errors
	}
	return sum
}

// Share is the part of all requests that a version answered, in percent; false when there were too few to tell.
func (t Tally) Share(version string) (percent float64, known bool) {
	return percentOf(t[version].Requests, t.Total().Requests)
}

// Failing is the part of a version's answers that were errors, in percent; false when there were too few to tell.
func (t Tally) Failing(version string) (percent float64, known bool) {
	return percentOf(t[version].Errors, t[version].Requests)
}

// enough requests to speak of a share.
const enough = 20

func percentOf(part, whole int) (percent float64, known bool) {
	if whole < enough {
		return 0, false
	}
	return 100 * float64(part) / float64(whole), true
}
