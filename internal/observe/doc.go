// Package observe reads the cluster into World values.
//
// Read Eye first. It holds a reader and no writer, reads from caches only, and knows through Freshness how recent those caches must be:
// a World never shows a cluster in which our own last write has not happened yet. An Eye reads the Worlds of Rollouts and of Experiments;
// RunEye those of AnalysisRuns, and only the Secrets that they name are read from the API server itself.
//
// What a World means is left to the deciding packages.
package observe
