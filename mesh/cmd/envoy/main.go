// Command envoy brings an Envoy that is linked dynamically into a pod in which there are no libraries: Envoy, the loader and the
// libraries are a zip archive at the end of this program's file, which scripts/traffic-envoy makes.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Names of two files in the archive; the others are libraries.
const (
	program = "envoy"
	loader  = "loader"
)

func main() {
	if err := run(os.Args[0], os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "envoy:", err)
		os.Exit(1)
	}
}

// run becomes Envoy; it returns only what went wrong. self is this program's file: a pod has no /proc to find it by.
func run(self string, args []string) error {
	dir, err := os.MkdirTemp("", program)
	if err != nil {
		return err
	}
	if err := unpack(self, dir); err != nil {
		return fmt.Errorf("unpacking %s: %w", self, err)
	}
	by := filepath.Join(dir, loader)
	return syscall.Exec(by, append([]string{by, "--library-path", dir, filepath.Join(dir, program)}, args...), os.Environ())
}

func unpack(archive, dir string) error {
	all, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = all.Close() }()
	for _, file := range all.File {
		if err := write(filepath.Join(dir, filepath.Base(file.Name)), file); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, file *zip.File) error {
	content, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, content)
	return errors.Join(err, to.Close())
}
