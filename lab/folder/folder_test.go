package folder

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOpenRefuses(t *testing.T) {
	taken := t.TempDir()
	first, err := Open(taken)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Lock.Close()
	foreign := t.TempDir()
	write(t, filepath.Join(foreign, "letter.txt"))
	for name, path := range map[string]string{
		"a folder that a lab runs in":         taken,
		"a folder with somebody else's files": foreign,
		"a folder that cannot be made":        filepath.Join(foreign, "letter.txt", "x"),
	} {
		if _, err := Open(path); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := os.Stat(filepath.Join(foreign, "letter.txt")); err != nil {
		t.Error(err)
	}
}

func TestOpenClearsWhatADeadLabLeft(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "kubeconfig-kanari"))
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "kubeconfig-kanari")); !os.IsNotExist(err) {
		t.Errorf("an old file is still there: %v", err)
	}
	if err := f.Remove(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("a folder that was there before is to stay, empty: %v, %v", left, err)
	}
}

func TestRemoveTakesAFolderThatTheLabMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Remove(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	running, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer running.Lock.Close()
	abandoned, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	_ = abandoned.Lock.Close()
	young, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	_ = young.Lock.Close()
	old := time.Now().Add(-time.Hour)
	for _, f := range []*Folder{running, abandoned} {
		if err := os.Chtimes(f.Path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	Sweep()
	for path, want := range map[string]bool{running.Path: true, abandoned.Path: false, young.Path: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", path, err == nil, want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("KANARI_LAB_DIR", "")
	if _, err := Find(""); err == nil {
		t.Error("found a lab where none runs")
	}
	f, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Lock.Close()
	want := State{PID: 1, Dir: f.Path, Control: "http://127.0.0.1:1"}
	if err := want.Save(); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(""); err != nil || got != want {
		t.Errorf("found %+v, %v", got, err)
	}
	second, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Lock.Close()
	if _, err := Find(""); err == nil {
		t.Error("chose one of two labs")
	}
	if got, err := Find(f.Path); err != nil || got != want {
		t.Errorf("found %+v, %v", got, err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}
