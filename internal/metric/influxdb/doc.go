// Package influxdb runs a Flux query of InfluxDB 2.
//
// Read Provider first.
//
// The annotated CSV of answers is left to influxdb-client-go, which is light and knows the types of its columns. Conditions are judged
// in package analysis.
package influxdb
