package traffic

import "k8s.io/apimachinery/pkg/api/equality"

// pair is one entry at its place in the list before and after.
type pair struct{ before, after int }

// aligned pairs the entries that are in both lists, in order. Equal entries find each other before similar ones do, so that an
// insertion or removal does not read as an edit of everything behind it.
func aligned(before, after []any) []pair {
	var head, tail []pair
	start, endBefore, endAfter := 0, len(before), len(after)
	for start < endBefore && start < endAfter && equal(before[start], after[start]) {
		head = append(head, pair{start, start})
		start++
	}
	for endBefore > start && endAfter > start && equal(before[endBefore-1], after[endAfter-1]) {
		endBefore, endAfter = endBefore-1, endAfter-1
		tail = append([]pair{{endBefore, endAfter}}, tail...)
	}
	for _, p := range matched(before[start:endBefore], after[start:endAfter]) {
		head = append(head, pair{p.before + start, p.after + start})
	}
	return append(head, tail...)
}

// matched finds the common subsequence that scores highest.
func matched(before, after []any) []pair {
	likeness := make([][]int, len(before))
	best := make([][]int, len(before)+1)
	best[len(before)] = make([]int, len(after)+1)
	for i := len(before) - 1; i >= 0; i-- {
		likeness[i], best[i] = make([]int, len(after)), make([]int, len(after)+1)
		for j := len(after) - 1; j >= 0; j-- {
			likeness[i][j] = alike(before[i], after[j])
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if likeness[i][j] > 0 {
				best[i][j] = max(best[i][j], likeness[i][j]+best[i+1][j+1])
			}
		}
	}
	var pairs []pair
	for i, j := 0, 0; i < len(before) && j < len(after); {
		switch {
		case likeness[i][j] > 0 && best[i][j] == likeness[i][j]+best[i+1][j+1]:
			pairs = append(pairs, pair{i, j})
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// alike is 2 for equal entries, 1 for the same entry with other contents, 0 for strangers.
func alike(a, b any) int {
	if equal(a, b) {
		return 2
	}
	_, _, entries := both[map[string]any](a, b)
	keyA, identityA := identity(a)
	keyB, identityB := identity(b)
	if entries && keyA == keyB && equal(identityA, identityB) {
		return 1
	}
	return 0
}

// gap returns the index in the list before that an entry inserted at i of the list after comes in front of.
func gap(pairs []pair, i int) int {
	next := 0
	for _, p := range pairs {
		if p.after > i {
			return p.before
		}
		next = p.before + 1
	}
	return next
}

func equal(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }
