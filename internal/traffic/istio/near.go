package istio

import "strings"

// near tells whether a name is probably another one with a slip of the hand: one part of it between hyphens differs, by one or two
// letters, and is long enough for that. So web-stabel is near web-stable, while api-a and api-b, or web-v1 and web-v2, are two names.
func near(name, other string) bool {
	a, b := strings.Split(name, "-"), strings.Split(other, "-")
	if len(a) != len(b) {
		return false
	}
	slips := 0
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if min(len(a[i]), len(b[i])) < 4 || strings.TrimRight(a[i], "0123456789") == strings.TrimRight(b[i], "0123456789") {
			return false
		}
		slips += distance(a[i], b[i])
	}
	return slips > 0 && slips <= 2
}

// distance counts the letters to be put in, left out or exchanged.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			same := before
			if a[i] != b[j] {
				same++
			}
			before = row[j+1]
			row[j+1] = min(same, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}
