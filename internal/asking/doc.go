// Package asking keeps the questions that AnalysisRuns have put to their backends, while nobody waits for them.
//
// Read Desk first. A question runs on its own, with a deadline; its answer lies on the desk until the run's status holds what it
// means. A desk is empty after a restart: what was outstanding is asked again under the same number.
//
// When to ask and what an answer means is decided in package analysis; how a backend is asked is left to the packages below metric.
package asking
