// Package cloudwatch runs metric data queries of Amazon CloudWatch.
//
// Read Provider first, then queries (the metric's words in those of AWS).
//
// Protocol, signature and the chain of credentials (environment, profile, IRSA, instance) are left to the AWS SDK: nothing lighter knows
// them all. Conditions are judged in package analysis, over the SDK's own result type, whose Go field names users write.
package cloudwatch
