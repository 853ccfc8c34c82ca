// Package datadog asks Datadog for a timeseries (API v1) or for scalars and formulas over them (API v2).
//
// Read Provider first, then account (where the keys come from).
//
// Each API is one HTTP call, written out here: the generated client library brings several hundred packages of models for the two of
// them. Conditions are judged in package analysis.
package datadog
