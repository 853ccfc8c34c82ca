// Package view turns the objects of a Rollout into one value that people and programs read: RolloutView. ExperimentView is the same of
// an Experiment.
//
// Read RolloutView first, then Rollout, which builds it. The phase is the one that clients have always computed; the
// sentence says the same thing to a person: what is waited for, and what happens next. Status words, marks and roles are
// decided here once, so that the command line, JSON, dashboard and notifications never disagree.
//
// Fetching the objects, colours, columns and ages are left to whoever prints: a view holds instants, never "3m ago".
package view
