package calls

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"
)

// run carries a plan out and calls emit with a report at each interval. It begins once a first call, which is not counted, has been
// answered. When order ends no more calls begin, and the last report comes when all have ended; earlier only if emit returns an error.
func (n Node) run(order context.Context, p Plan, emit func(Report) error) error {
	w, err := n.way(p)
	if err != nil {
		return err
	}
	defer w.close()
	if err := first(order, w); err != nil {
		return err
	}
	order, stop := context.WithCancel(order)
	defer stop()
	over := make(chan call, p.Rate)
	var begun sync.WaitGroup
	begun.Go(func() { send(order, p.Rate, func() { begun.Go(func() { over <- one(w) }) }) })
	go func() { begun.Wait(); close(over) }()
	err = gather(cmp.Or(p.Every, usualEvery), over, emit)
	stop()
	for range over { // let the calls end
	}
	return err
}

func (n Node) way(p Plan) (way, error) {
	if strings.HasPrefix(p.Target, "http:") {
		return newHTTPWay(p), nil
	}
	return n.dial(p)
}

// first waits until the way leads somewhere.
func first(ctx context.Context, w way) error {
	tick := time.NewTicker(usualEvery)
	defer tick.Stop()
	for {
		patient, cancel := context.WithTimeout(ctx, answerWithin)
		_, _, err := w.ask(patient, true)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// send begins as many calls as are due, and makes up for what a busy machine has let slip.
func send(ctx context.Context, rate int, begin func()) {
	tick := time.NewTicker(shortest)
	defer tick.Stop()
	began, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			due := int(now.Sub(began) * time.Duration(rate) / time.Second)
			for ; sent < due; sent++ {
				begin()
			}
		}
	}
}

func one(w way) call {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	began := time.Now()
	version, received, err := w.ask(ctx, false)
	return call{version: version, received: received, took: time.Since(began), err: err}
}

// gather adds up what is over.
func gather(every time.Duration, over <-chan call, emit func(Report) error) error {
	var lately Report
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case c, more := <-over:
			if !more {
				lately.At, lately.Done = time.Now(), true
				return emit(lately)
			}
			lately.add(c)
		case now := <-tick.C:
			lately.At = now
			if err := emit(lately); err != nil {
				return err
			}
			lately = Report{}
		}
	}
}
