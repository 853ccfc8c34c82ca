// Command table prints the table of docs/judge.md: our judge beside a fixed threshold and a Mann-Whitney test, on the same made-up
// traffic. `make judge-table` puts it there.
//
// Read fairness and faults first: they say what is tried. The judges and the traffic are package trial's.
//
// It takes about a minute; every figure follows from fixed seeds.
package main

import (
	"fmt"
	"strings"

	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/judge/trial"
)

const (
	runs    = 1000
	minutes = 60
	seed    = 20260101
)

// referees are the columns.
var referees = []struct {
	name    string
	referee trial.Referee
}{
	{"`compare`", trial.First(judge.Defaults(), judge.Fail)},
	{"success ≥ 95 %, 5 looks", trial.Threshold(0.95, 5, 1)},
	{"Mann-Whitney, every 10 min", trial.RankSum(10)},
}

// steady is a service whose canary answers so many requests a minute at a weight that stays.
func steady(canary, weight, bad, ratio, variance float64) trial.Service {
	return trial.Service{
		Total: canary * 100 / weight, Weight: trial.Always(weight), Bad: trial.Always(bad), Ratio: ratio,
		Noise: trial.Noise{Variance: variance}, Past: 60,
	}
}

// outage is a rollout in three steps, 5, 25 and 50 percent, during which both versions are hit alike for twenty minutes.
func outage(from int) trial.Service {
	return trial.Service{
		Total: 3000, Ratio: 1, Noise: trial.Noise{Variance: 1}, Past: 60,
		Weight: func(minute int) float64 { return []float64{5, 25, 50}[max(minute, 0)/20] },
		Bad: func(minute int) float64 {
			if minute < from || minute >= from+20 {
				return 0.01
			}
			return 0.3
		},
	}
}

type row struct {
	name    string
	service trial.Service
}

var fairness = []row{
	{"1 % bad, 30 requests/min", steady(30, 10, 0.01, 1, 1)},
	{"1 % bad, 300 requests/min", steady(300, 10, 0.01, 1, 1)},
	{"1 % bad, 3000 requests/min", steady(3000, 10, 0.01, 1, 1)},
	{"6 % bad (a service that is like that), 300 requests/min", steady(300, 10, 0.06, 1, 1)},
	{"1 % bad in bursts (variance × 5), 30 requests/min", steady(30, 10, 0.01, 1, 5)},
	{"1 % bad in bursts (variance × 5), 300 requests/min", steady(300, 10, 0.01, 1, 5)},
	{"both versions 30 % bad for 20 min, from the 3rd on; weight 5, 25, 50 %", outage(2)},
	{"both versions 30 % bad for 20 min, from the 41st on; weight 5, 25, 50 %", outage(40)},
}

func faults() (rows []row) {
	for _, fault := range []struct{ bad, ratio float64 }{{0.002, 5}, {0.01, 5}, {0.01, 2}} {
		for _, canary := range []float64{30, 300, 3000} {
			for _, weight := range []float64{5, 10, 50} {
				rows = append(rows, row{
					fmt.Sprintf("%.1f %% → %.1f %% \t %.0f \t %.0f %%", 100*fault.bad, 100*fault.bad*fault.ratio, canary, weight),
					steady(canary, weight, fault.bad, fault.ratio, 1),
				})
			}
		}
	}
	return rows
}

func main() {
	fmt.Printf("Each figure is from %d runs of %d minutes, an interval a minute. Requests are those of the canary.\n\n", runs, minutes)
	fmt.Println("**A good canary is failed.** Both versions are the same; the less the better.")
	fmt.Println()
	heading("traffic")
	for _, r := range fairness {
		line(r, func(rate trial.Rate) string { return fmt.Sprintf("%.1f %%", 100*rate.Share()) })
	}
	fmt.Println()
	fmt.Println("**A bad canary is found**, and the minute in which half of those found were.")
	fmt.Println()
	heading("stable → canary", "requests/min", "weight")
	for _, r := range faults() {
		line(r, found)
	}
}

func found(rate trial.Rate) string {
	if rate.Hits == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.0f %%, %d min", 100*rate.Share(), rate.Median())
}

func heading(first ...string) {
	for _, r := range referees {
		first = append(first, r.name)
	}
	fmt.Printf("| %s |\n|%s\n", strings.Join(first, " | "), strings.Repeat("---|", len(first)))
}

func line(r row, say func(trial.Rate) string) {
	cells := strings.Split(r.name, "\t")
	for _, column := range referees {
		cells = append(cells, say(trial.Fails(column.referee, r.service, seed, runs, minutes)))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	fmt.Printf("| %s |\n", strings.Join(cells, " | "))
}
