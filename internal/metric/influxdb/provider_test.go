package influxdb_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/influxdb"
)

func question(query, profile string) metric.Query {
	return metric.Query{
		Secrets: []string{"argum3nt"},
		Metric:  v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Influxdb: &v1alpha1.InfluxdbMetric{Query: query, Profile: profile}}},
	}
}

func provider(address string) influxdb.Provider {
	return influxdb.Provider{Pool: call.NewPool(nil), Namespace: "kanari", Secrets: calltest.Secrets{
		"kanari/influxdb": {"address": address, "authToken": "t0ken-of-influx", "org": "shop"},
		"kanari/half":     {"address": address},
	}}
}

// table is a part of an answer: annotated CSV.
func table(kind string, values ...string) string {
	var rows strings.Builder
	rows.WriteString("#datatype,string,long,dateTime:RFC3339," + kind + ",string\r\n#group,false,false,false,false,true\r\n#default,_result,,,,\r\n,result,table,_time,_value,_field\r\n")
	for _, value := range values {
		rows.WriteString(",,0,2026-05-04T12:00:00Z," + value + ",rate\r\n")
	}
	return rows.String() + "\r\n"
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"numbers":        {answer: table("double", "0.5", "0.75"), want: metric.Measurement{Value: []any{0.5, 0.75}, Text: "[0.5 0.75]"}},
		"several tables": {answer: table("double", "1") + table("long", "2") + table("string", "argum3nt"), want: metric.Measurement{Value: []any{1.0, int64(2), "*****"}, Text: "[1 2 *****]"}},
		"no value":       {answer: table("double", ""), want: metric.Measurement{Value: []any{nil}, Text: "[<nil>]"}},
		"no records":     {answer: "\r\n", err: "the query gave no records"},
		"no number":      {answer: table("double", "many"), err: "reading records"},
		"an error in the middle": {
			answer: "#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,query terminated: memory limit,897\r\n", err: "memory limit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "text/csv; charset=utf-8", test.answer)
			got, err := provider(address).Measure(t.Context(), question(`from(bucket: "b")`, ""), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			var body struct {
				Query string `json:"query"`
			}
			if err := json.Unmarshal([]byte(heard.Body), &body); err != nil {
				t.Fatal(err)
			}
			if body.Query != `from(bucket: "b")` || heard.Path != "/api/v2/query" || heard.Query["org"][0] != "shop" || heard.Header.Get("Authorization") != "Token t0ken-of-influx" {
				t.Errorf("asked %+v", heard)
			}
		})
	}
}

func TestASecretThatLacksAKey(t *testing.T) {
	_, err := provider("http://127.0.0.1").Measure(t.Context(), question("x", "half"), nil)
	if err == nil || err.Error() != `influxdb: Secret "half" in "kanari" lacks the key "authToken"` {
		t.Errorf("error %v", err)
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "influxdb", Timeout: 30 * time.Second, Secrets: []string{"t0ken-of-influx", "argum3nt"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			p := provider(address)
			p.Pool = pool
			return p.Measure(ctx, question("argum3nt", ""), nil)
		},
	})
}
