package cluster

import "context"

// nearest is the Rollout whose name is so close that the user may have meant it; empty when there is none.
func (c *Cluster) nearest(ctx context.Context, name string) string {
	items, err := c.Rollouts(ctx, false)
	if err != nil {
		return ""
	}
	best, least := "", 1+len(name)/3
	for _, item := range items {
		if edits := distance(name, item.Name); edits < least || (edits == least && best == "") {
			best, least = item.Name, edits
		}
	}
	return best
}

// distance counts the characters to insert, delete or replace to turn one name into the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
