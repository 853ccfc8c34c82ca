// Package show turns what the demo saw into words: it counts answers, cuts a rollout into stretches of one weight, and draws them.
//
// Read Ledger first, then Story: a Ledger holds every answer of the load, a Story is fed Moments of the cluster and
// yields Rows that set the weight asked for beside the share that was measured. Nothing here reads a clock; Screen is
// the one type that writes.
//
// It leaves starting, watching and judging to the command.
package show
