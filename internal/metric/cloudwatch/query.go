package cloudwatch

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// queries are the metric's queries in the words of AWS.
func queries(wanted []v1alpha1.CloudWatchMetricDataQuery) ([]types.MetricDataQuery, error) {
	all := make([]types.MetricDataQuery, 0, len(wanted))
	for i, w := range wanted {
		field := fmt.Sprintf("provider.cloudWatch.metricDataQueries[%d]", i)
		q := types.MetricDataQuery{Id: aws.String(w.ID), Expression: w.Expression, Label: w.Label, ReturnData: w.ReturnData}
		if w.Period != nil {
			period, err := seconds(field+".period", *w.Period)
			if err != nil {
				return nil, err
			}
			q.Period = period
		}
		if w.MetricStat != nil {
			stat, err := statistic(field+".metricStat", *w.MetricStat)
			if err != nil {
				return nil, err
			}
			q.MetricStat = stat
		}
		all = append(all, q)
	}
	return all, nil
}

func statistic(field string, wanted v1alpha1.CloudWatchMetricStat) (*types.MetricStat, error) {
	period, err := seconds(field+".period", wanted.Period)
	if err != nil {
		return nil, err
	}
	dimensions := make([]types.Dimension, 0, len(wanted.Metric.Dimensions))
	for _, d := range wanted.Metric.Dimensions {
		dimensions = append(dimensions, types.Dimension{Name: aws.String(d.Name), Value: aws.String(d.Value)})
	}
	return &types.MetricStat{
		Metric: &types.Metric{Dimensions: dimensions, MetricName: aws.String(wanted.Metric.MetricName), Namespace: wanted.Metric.Namespace},
		Period: period,
		Stat:   aws.String(wanted.Stat),
		Unit:   types.StandardUnit(wanted.Unit),
	}, nil
}

func seconds(field string, period intstr.IntOrString) (*int32, error) {
	n, err := strconv.ParseInt(period.String(), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("cloudwatch: %s %q is no number of seconds", field, period.String())
	}
	return aws.Int32(int32(n)), nil
}
