package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
)

// reportVariable names a folder that gets the tables that tests print.
const reportVariable = "KANARI_E2E_REPORT"

// reported is a table that a test prints.
type reported struct {
	title string
	file  string   // in the folder of reports
	lines []string // with tabs between the columns
}

// report prints a table, and keeps it if there is a folder for that.
func report(t *testing.T, r reported) {
	t.Helper()
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	if _, err := table.Write([]byte(strings.Join(r.lines, "\n") + "\n")); err != nil {
		t.Error(err)
	}
	if err := table.Flush(); err != nil {
		t.Error(err)
	}
	t.Logf("%s:\n%s", r.title, text.String())
	if folder := os.Getenv(reportVariable); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, r.file), []byte(text.String()), 0o600); err != nil {
			t.Error(err)
		}
	}
}
