// Package judge says whether a canary is worse than the stable version, from counted requests alone: fail, pass, or how much more it
// must see. It may be asked after every interval, for as long as one likes, and its stated error rates still hold.
//
// Read Interval first (what was seen), then State (what was learnt) and Verdict (what follows). bet.go is the whole of the statistics; the
// page docs/judge.md tells it in plain words.
//
// Where the counts come from, and what a Rollout does with a verdict, is left to others. Latency is counts here too: a request slower
// than a chosen histogram bucket is a bad one.
package judge
