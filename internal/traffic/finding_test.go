package traffic_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFindingsAreExplained holds docs/findings.md and the sources together: people look a code up there, and nowhere else.
func TestFindingsAreExplained(t *testing.T) {
	var told []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		told = append(told, codes(t, path, `"(KAN-[A-Z]+\d+)"`)...)
		return nil
	})
	if err != nil || len(told) < 15 {
		t.Fatalf("found the codes %v (error %v)", told, err)
	}
	slices.Sort(told)
	explained := codes(t, "../../docs/findings.md", `(?m)^\| (KAN-[A-Z]+\d+) \|`)
	slices.Sort(explained)
	if diff := cmp.Diff(explained, told); diff != "" {
		t.Errorf("(-docs/findings.md +sources; each code once)\n%s", diff)
	}
}

// codes are the first groups of a pattern in a file.
func codes(t *testing.T, file, pattern string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(content), -1) {
		all = append(all, match[1])
	}
	return all
}
