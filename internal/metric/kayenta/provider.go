package kayenta

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	timeout = 15 * time.Second
	// pause between two looks at an execution.
	pause = 15 * time.Second
	// executionKey is where the execution is found again.
	executionKey = "canaryExecutionId"
)

// Provider asks Kayenta.
type Provider struct {
	// Pool to ask over.
	Pool *call.Pool
}

var _ metric.Provider = Provider{}

// Measure starts an execution, or looks after the one that prior started. Its score decides the phase.
func (p Provider) Measure(ctx context.Context, q metric.Query, prior *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Kayenta
	compared, err := scopes(q)
	if err != nil {
		return metric.Measurement{}, err
	}
	target := call.Target{Provider: "kayenta", Address: spec.Address, Timeout: timeout, Secrets: q.Secrets}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		if prior != nil && prior.Metadata[executionKey] != "" {
			return look(ctx, line, q, prior.Metadata[executionKey])
		}
		return start(ctx, line, q, compared)
	})
}

// Stop forgets the execution: Kayenta ends it by itself and nobody will ask for its score.
func (p Provider) Stop(_ context.Context, _ metric.Query, m metric.Measurement) (metric.Measurement, error) {
	m.Phase, m.ResumeAt = v1alpha1.AnalysisPhaseInconclusive, time.Time{}
	return m, nil
}

type thresholds struct {
	Pass     int64 `json:"pass"`
	Marginal int64 `json:"marginal"`
}

type execution struct {
	Scopes     map[string]pair `json:"scopes"`
	Thresholds thresholds      `json:"thresholds"`
}

func start(ctx context.Context, line *call.Line, q metric.Query, compared map[string]pair) (metric.Measurement, error) {
	spec := q.Metric.Provider.Kayenta
	config, err := configID(ctx, line, spec)
	if err != nil {
		return metric.Measurement{}, err
	}
	parameters := url.Values{
		"application": {spec.Application}, "metricsAccountName": {spec.MetricsAccountName},
		"configurationAccountName": {spec.ConfigurationAccountName}, "storageAccountName": {spec.StorageAccountName},
	}
	var answer struct {
		ID string `json:"canaryExecutionId"`
	}
	wanted := execution{Scopes: compared, Thresholds: thresholds(spec.Threshold)}
	if err := line.Post(ctx, "canary/"+url.PathEscape(config), parameters, wanted, &answer); err != nil {
		return metric.Measurement{}, err
	}
	if answer.ID == "" {
		return metric.Measurement{}, errors.New("the answer holds no canaryExecutionId")
	}
	return waiting(q, answer.ID), nil
}

// configID is the id of the judgement's configuration. Compat: it is looked up with the storage account as configuration account.
func configID(ctx context.Context, line *call.Line, spec *v1alpha1.KayentaMetric) (string, error) {
	var configs []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	parameters := url.Values{"application": {spec.Application}, "configurationAccountName": {spec.StorageAccountName}}
	if err := line.Get(ctx, "canaryConfig", parameters, &configs); err != nil {
		return "", err
	}
	for _, config := range configs {
		if config.Name == spec.CanaryConfigName {
			return config.ID, nil
		}
	}
	return "", fmt.Errorf("application %q has no canary config %q", spec.Application, spec.CanaryConfigName)
}

func waiting(q metric.Query, id string) metric.Measurement {
	return metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{executionKey: id}, ResumeAt: q.Now.Add(pause)}
}

type state struct {
	Complete *bool  `json:"complete"`
	Status   string `json:"status"`
	Result   struct {
		JudgeResult struct {
			Score struct {
				Score *float64 `json:"score"`
			} `json:"score"`
		} `json:"judgeResult"`
	} `json:"result"`
}

func look(ctx context.Context, line *call.Line, q metric.Query, id string) (metric.Measurement, error) {
	var found state
	if err := line.Get(ctx, "canary/"+url.PathEscape(id), nil, &found); err != nil {
		return metric.Measurement{}, err
	}
	if found.Complete == nil {
		return metric.Measurement{}, errors.New("the answer does not say whether the execution is complete")
	}
	if !*found.Complete {
		return waiting(q, id), nil
	}
	score := found.Result.JudgeResult.Score.Score
	if score == nil {
		return metric.Measurement{}, fmt.Errorf("execution %s ended without a score (status %q)", id, found.Status)
	}
	whole := int64(*score)
	return metric.Measurement{
		Value: float64(whole), Text: strconv.FormatInt(whole, 10), Metadata: map[string]string{executionKey: id},
		Phase: verdict(whole, q.Metric.Provider.Kayenta.Threshold),
	}, nil
}

func verdict(score int64, bounds v1alpha1.KayentaThreshold) v1alpha1.AnalysisPhase {
	switch {
	case score >= bounds.Pass:
		return v1alpha1.AnalysisPhaseSuccessful
	case score >= bounds.Marginal:
		return v1alpha1.AnalysisPhaseInconclusive
	}
	return v1alpha1.AnalysisPhaseFailed
}
