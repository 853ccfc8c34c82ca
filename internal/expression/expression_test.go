package expression_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/internal/expression"
)

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"result[0] > 0.95":              "",
		"result.data.rate > 0.95":       "",
		"isNaN(result) || result > 0.9": "",
		"all(result, # > 0.9)":          "",
		"result":                        "",
		"result >":                      "unexpected token EOF (1:8)",
		"result > 0.9 &&\n  reslut < 1": "unknown name reslut (2:3)",
		"asFloat(result, 1) > 2":        "too many arguments to call asFloat (1:1)",
		"asInt(result)":                 "expected bool, but got int64",
		"now()":                         "expected bool, but got time.Time",
		"1 + 1":                         "expected bool, but got int",
		`1 > "a"`:                       "invalid operation: > (mismatched types int and string) (1:3)",
		`result matches "("`:            "error parsing regexp: missing closing ): `(` (1:8)",
	} {
		got := ""
		if err := (*expression.Cache)(nil).Check(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	for text, test := range map[string]struct {
		want time.Time
		err  string
	}{
		"now()":                        {want: noon},
		`now() - duration("5m")`:       {want: noon.Add(-5 * time.Minute)},
		`date("2026-01-01T00:00:00Z")`: {want: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		`isNaN(0.0) ? now() : now().Add(duration("1ms"))`: {want: noon.Add(time.Millisecond)},
		"1":              {err: "expected time.Time, but got int"},
		"now":            {err: "expected time.Time, but got func(...*time.Location) time.Time"},
		"now() - 5":      {err: "invalid operation: - (mismatched types time.Time and int) (1:7)"},
		"result":         {err: "unknown name result (1:1)"},
		"asInt(1)":       {err: "unknown name asInt (1:1)"},
		`duration("5x")`: {err: `time: unknown unit "x" in duration "5x" (1:1)`},
	} {
		got, err := (*expression.Cache)(nil).Time(text, noon)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if !got.Equal(test.want) || message != test.err {
			t.Errorf("%s: got %v, %q; want %v, %q", text, got, message, test.want, test.err)
		}
	}
}

func TestCheckTime(t *testing.T) {
	for text, want := range map[string]string{
		`now() - duration("5m")`: "",
		"5":                      "expected time.Time, but got int",
		"now() -":                "unexpected token EOF (1:7)",
		"result":                 "unknown name result (1:1)",
	} {
		got := ""
		if err := (*expression.Cache)(nil).CheckTime(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestTheCacheIsBoundedAndShared(t *testing.T) {
	cache := expression.NewCache(10)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				text := fmt.Sprintf("result > %d", i%(10+worker))
				phase, err := expression.Conditions{Success: text}.Judge(cache, 100, noon)
				if phase != "Successful" || err != nil {
					t.Errorf("%s: %s %v", text, phase, err)
				}
			}
		})
	}
	all.Wait()
	if cache.Len() > 20 {
		t.Errorf("the cache holds %d", cache.Len())
	}
}

func TestOneTextManyTypes(t *testing.T) {
	cache := expression.NewCache(10)
	for _, result := range []any{2, 2.0, []float64{2}, "2", nil, map[string]any{"a": 2}} {
		c := expression.Conditions{Success: "result == 2"}
		fresh, freshErr := c.Judge(nil, result, noon)
		for range 2 {
			got, err := c.Judge(cache, result, noon)
			if got != fresh || fmt.Sprint(err) != fmt.Sprint(freshErr) {
				t.Errorf("%T: %s %v from the cache, %s %v without", result, got, err, fresh, freshErr)
			}
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	cache := expression.NewCache(10)
	c := expression.Conditions{Success: "result[0] >= 0.95"}
	for b.Loop() {
		if _, err := c.Judge(cache, []float64{0.97}, noon); err != nil {
			b.Fatal(err)
		}
	}
}
