package v1alpha1

import (
	"encoding/json"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// MetricProvider is where a figure comes from. Exactly one field is set.
type MetricProvider struct {
	// Prometheus runs a PromQL query.
	// +optional
	Prometheus *PrometheusMetric `json:"prometheus,omitempty"`
	// Kayenta runs a canary judgement.
	// +optional
	Kayenta *KayentaMetric `json:"kayenta,omitempty"`
	// Web calls a URL and reads its JSON.
	// +optional
	Web *WebMetric `json:"web,omitempty"`
	// Datadog runs a query.
	// +optional
	Datadog *DatadogMetric `json:"datadog,omitempty"`
	// Wavefront runs a query.
	// +optional
	Wavefront *WavefrontMetric `json:"wavefront,omitempty"`
	// NewRelic runs an NRQL query.
	// +optional
	NewRelic *NewRelicMetric `json:"newRelic,omitempty"`
	// Job runs a Job; its end is the verdict.
	// +optional
	Job *JobMetric `json:"job,omitempty"`
	// CloudWatch runs metric data queries.
	// +optional
	CloudWatch *CloudWatchMetric `json:"cloudWatch,omitempty"`
	// Graphite runs a query.
	// +optional
	Graphite *GraphiteMetric `json:"graphite,omitempty"`
	// Influxdb runs a Flux query.
	// +optional
	Influxdb *InfluxdbMetric `json:"influxdb,omitempty"`
	// SkyWalking runs a GraphQL query.
	// +optional
	SkyWalking *SkyWalkingMetric `json:"skywalking,omitempty"`
	// Plugin maps one plugin's name to its settings, which are passed on unread.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Plugin map[string]json.RawMessage `json:"plugin,omitempty"`
}

// PrometheusMetric is a PromQL query.
type PrometheusMetric struct {
	// Address is the server's URL; absent: the controller's setting.
	// +optional
	Address string `json:"address,omitempty"`
	// Query in PromQL.
	// +optional
	Query string `json:"query,omitempty"`
	// Authentication towards the server.
	// +optional
	Authentication Authentication `json:"authentication,omitempty"`
	// Timeout in seconds; absent: 30.
	// +optional
	Timeout *int64 `json:"timeout,omitempty"`
	// Insecure skips the check of the server's certificate.
	// +optional
	Insecure bool `json:"insecure,omitempty"`
	// Headers to send.
	// +optional
	Headers []WebMetricHeader `json:"headers,omitempty" patchStrategy:"merge" patchMergeKey:"key"`
	// RangeQuery asks for a span of time; absent: the present.
	// +optional
	RangeQuery *PrometheusRangeQueryArgs `json:"rangeQuery,omitempty"`
}

// PrometheusRangeQueryArgs is a span of time.
type PrometheusRangeQueryArgs struct {
	// Start is an expression that gives a time.
	// +optional
	Start string `json:"start,omitempty"`
	// End is an expression that gives a time.
	// +optional
	End string `json:"end,omitempty"`
	// Step between points.
	// +optional
	Step DurationString `json:"step,omitempty"`
}

// Authentication towards a server.
type Authentication struct {
	// Sigv4 signs requests for Amazon's managed Prometheus.
	// +optional
	Sigv4 Sigv4Config `json:"sigv4,omitempty"`
	// OAuth2 fetches a token with client credentials.
	// +optional
	OAuth2 OAuth2Config `json:"oauth2,omitempty"`
	// BasicAuth sends a name and a password; Prometheus only.
	// +optional
	BasicAuth BasicAuthConfig `json:"basicAuth,omitempty"`
}

// Sigv4Config is an AWS identity.
type Sigv4Config struct {
	// Region to sign for.
	// +optional
	Region string `json:"region,omitempty"`
	// Profile of the credentials.
	// +optional
	Profile string `json:"profile,omitempty"`
	// RoleARN to assume.
	// +optional
	RoleARN string `json:"roleArn,omitempty"`
}

// OAuth2Config is a client-credentials flow.
type OAuth2Config struct {
	// TokenURL of the authorization server; empty: no OAuth2.
	// +optional
	TokenURL string `json:"tokenUrl,omitempty"`
	// ClientID of the flow.
	// +optional
	ClientID string `json:"clientId,omitempty"`
	// ClientSecret of the flow.
	// +optional
	ClientSecret string `json:"clientSecret,omitempty"`
	// Scopes to ask for.
	// +optional
	Scopes []string `json:"scopes,omitempty"`
}

// BasicAuthConfig is a name and a password.
type BasicAuthConfig struct {
	// Username to send.
	// +optional
	Username string `json:"username,omitempty"`
	// Password to send.
	// +optional
	Password string `json:"password,omitempty"`
}

// WebMetricHeader is one HTTP header.
type WebMetricHeader struct {
	// Key is the header's name.
	Key string `json:"key"`
	// Value of the header.
	Value string `json:"value"`
}

// KayentaMetric is a canary judgement by Kayenta.
type KayentaMetric struct {
	// Address of the service.
	Address string `json:"address"`
	// Application under judgement.
	Application string `json:"application"`
	// CanaryConfigName is the judgement's configuration.
	CanaryConfigName string `json:"canaryConfigName"`
	// MetricsAccountName holds the metrics.
	MetricsAccountName string `json:"metricsAccountName"`
	// ConfigurationAccountName holds the configuration.
	ConfigurationAccountName string `json:"configurationAccountName"`
	// StorageAccountName holds the results.
	StorageAccountName string `json:"storageAccountName"`
	// Threshold of the score.
	Threshold KayentaThreshold `json:"threshold"`
	// Scopes to compare.
	Scopes []KayentaScope `json:"scopes"`
	// Lookback judges the past instead of a span that begins now.
	// +optional
	Lookback bool `json:"lookback,omitempty"`
}

// KayentaThreshold bounds the score.
type KayentaThreshold struct {
	// Pass is the least score that is a success.
	Pass int64 `json:"pass"`
	// Marginal is the least score that is not a failure.
	Marginal int64 `json:"marginal"`
}

// KayentaScope is a pair to compare.
type KayentaScope struct {
	// Name of the scope.
	Name string `json:"name"`
	// ControlScope is the yardstick.
	ControlScope ScopeDetail `json:"controlScope"`
	// ExperimentScope is what is judged.
	ExperimentScope ScopeDetail `json:"experimentScope"`
}

// ScopeDetail is one side of a comparison.
type ScopeDetail struct {
	// Scope of the metrics.
	Scope string `json:"scope"`
	// Region of the metrics.
	Region string `json:"region"`
	// Step between points, in seconds.
	Step int64 `json:"step"`
	// Start of the span.
	// +optional
	Start string `json:"start,omitempty"`
	// End of the span.
	// +optional
	End string `json:"end,omitempty"`
}

// WebMetric calls a URL.
type WebMetric struct {
	// Method is GET (absent), POST or PUT.
	// +optional
	Method WebMetricMethod `json:"method,omitempty"`
	// URL to call.
	URL string `json:"url"`
	// Headers to send.
	// +optional
	Headers []WebMetricHeader `json:"headers,omitempty" patchStrategy:"merge" patchMergeKey:"key"`
	// Body to send; not with GET, not with jsonBody.
	// +optional
	Body string `json:"body,omitempty"`
	// TimeoutSeconds; 0 and less count as 10.
	// +optional
	TimeoutSeconds int64 `json:"timeoutSeconds,omitempty"`
	// JSONPath into the answer; absent: all of it.
	// +optional
	JSONPath string `json:"jsonPath,omitempty"`
	// Insecure skips the check of the server's certificate.
	// +optional
	Insecure bool `json:"insecure,omitempty"`
	// JSONBody to send as application/json.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	JSONBody json.RawMessage `json:"jsonBody,omitempty"`
	// Authentication towards the server.
	// +optional
	Authentication Authentication `json:"authentication,omitempty"`
}

// WebMetricMethod is an HTTP method.
type WebMetricMethod string

// Methods of a WebMetric.
const (
	WebMetricMethodGet  WebMetricMethod = "GET"
	WebMetricMethodPost WebMetricMethod = "POST"
	WebMetricMethodPut  WebMetricMethod = "PUT"
)

// DatadogMetric is a Datadog query.
type DatadogMetric struct {
	// Interval is the span of time asked about.
	// +optional
	// +kubebuilder:default="5m"
	Interval DurationString `json:"interval,omitempty"`
	// Query is the one query.
	// +optional
	Query string `json:"query,omitempty"`
	// Queries by name; apiVersion v2 only.
	// +optional
	Queries map[string]string `json:"queries,omitempty"`
	// Formula over the queries; apiVersion v2 only.
	// +optional
	Formula string `json:"formula,omitempty"`
	// APIVersion is v1 or v2.
	// +optional
	// +kubebuilder:validation:Enum=v1;v2
	// +kubebuilder:default=v1
	APIVersion string `json:"apiVersion,omitempty"`
	// Aggregator of a query's points; absent: last. apiVersion v2 only.
	// +optional
	// +kubebuilder:validation:Enum=avg;min;max;sum;last;percentile;mean;l2norm;area
	Aggregator string `json:"aggregator,omitempty"`
	// SecretRef holds the keys; absent: the Secret datadog beside the controller.
	// +optional
	SecretRef SecretRef `json:"secretRef,omitempty"`
	// RequestTimeout of a call.
	// +optional
	// +kubebuilder:default="10s"
	RequestTimeout DurationString `json:"requestTimeout,omitempty"`
}

// SecretRef names a Secret.
type SecretRef struct {
	// Name of the Secret.
	// +optional
	Name string `json:"name,omitempty"`
	// Namespaced looks in the AnalysisRun's namespace instead of the controller's.
	// +optional
	Namespaced bool `json:"namespaced,omitempty"`
}

// WavefrontMetric is a Wavefront query.
type WavefrontMetric struct {
	// Address of the server, which is also its key in the Secret of tokens.
	// +optional
	Address string `json:"address,omitempty"`
	// Query to run.
	// +optional
	Query string `json:"query,omitempty"`
}

// NewRelicMetric is an NRQL query.
type NewRelicMetric struct {
	// Profile is the Secret with the account; absent: newrelic.
	// +optional
	Profile string `json:"profile,omitempty"`
	// Query in NRQL.
	Query string `json:"query"`
	// Timeout in seconds; absent: 5.
	// +optional
	Timeout *int64 `json:"timeout,omitempty"`
}

// JobMetric runs a Job.
type JobMetric struct {
	// Metadata of the Job; only labels and annotations are used.
	// +optional
	Metadata metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec of the Job.
	Spec batchv1.JobSpec `json:"spec"`
}

// CloudWatchMetric is a set of metric data queries.
type CloudWatchMetric struct {
	// Interval is the span of time asked about; absent: 5m.
	// +optional
	Interval DurationString `json:"interval,omitempty"`
	// MetricDataQueries to run.
	MetricDataQueries []CloudWatchMetricDataQuery `json:"metricDataQueries"`
}

// CloudWatchMetricDataQuery is one query.
type CloudWatchMetricDataQuery struct {
	// ID of the query.
	// +optional
	ID string `json:"id,omitempty"`
	// Expression over other queries.
	// +optional
	Expression *string `json:"expression,omitempty"`
	// Label of the result.
	// +optional
	Label *string `json:"label,omitempty"`
	// MetricStat to fetch.
	// +optional
	MetricStat *CloudWatchMetricStat `json:"metricStat,omitempty"`
	// Period of the points, in seconds.
	// +optional
	Period *intstr.IntOrString `json:"period,omitempty"`
	// ReturnData says whether the result is wanted.
	// +optional
	ReturnData *bool `json:"returnData,omitempty"`
}

// CloudWatchMetricStat is a statistic of a metric.
type CloudWatchMetricStat struct {
	// Metric to fetch.
	// +optional
	Metric CloudWatchMetricStatMetric `json:"metric,omitempty"`
	// Period of the points, in seconds.
	// +optional
	Period intstr.IntOrString `json:"period,omitempty"`
	// Stat to compute.
	// +optional
	Stat string `json:"stat,omitempty"`
	// Unit of the metric.
	// +optional
	Unit string `json:"unit,omitempty"`
}

// CloudWatchMetricStatMetric names a metric.
type CloudWatchMetricStatMetric struct {
	// Dimensions of the metric.
	// +optional
	Dimensions []CloudWatchMetricStatMetricDimension `json:"dimensions,omitempty"`
	// MetricName is the metric's name.
	// +optional
	MetricName string `json:"metricName,omitempty"`
	// Namespace of the metric.
	// +optional
	Namespace *string `json:"namespace,omitempty"`
}

// CloudWatchMetricStatMetricDimension is one dimension.
type CloudWatchMetricStatMetricDimension struct {
	// Name of the dimension.
	// +optional
	Name string `json:"name,omitempty"`
	// Value of the dimension.
	// +optional
	Value string `json:"value,omitempty"`
}

// GraphiteMetric is a Graphite query.
type GraphiteMetric struct {
	// Address is the server's URL.
	// +optional
	Address string `json:"address,omitempty"`
	// Query to run; white space in it is dropped.
	// +optional
	Query string `json:"query,omitempty"`
}

// InfluxdbMetric is a Flux query.
type InfluxdbMetric struct {
	// Profile is the Secret with the account; absent: influxdb.
	// +optional
	Profile string `json:"profile,omitempty"`
	// Query in Flux.
	// +optional
	Query string `json:"query,omitempty"`
}

// SkyWalkingMetric is a GraphQL query.
type SkyWalkingMetric struct {
	// Address is the server's URL, without /graphql.
	// +optional
	Address string `json:"address,omitempty"`
	// Query in GraphQL, with a variable $duration.
	// +optional
	Query string `json:"query,omitempty"`
	// Interval is the span of time asked about.
	// +optional
	Interval DurationString `json:"interval,omitempty"`
}
