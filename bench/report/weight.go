package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// weight builds, each with an empty build cache, a program that decodes a pod with podlife and one that does so with
// k8s.io/api, and prints what they weigh.
func weight() error {
	fmt.Print("\n### Weight of a program that reads a pod\n\n| import | binary | modules | cold build |\n|---|---:|---:|---:|\n")
	for _, p := range []struct{ name, folder string }{
		{"podlife/pod", "weight/podlife"}, {"k8s.io/api/core/v1 + sigs.k8s.io/yaml", "weight/kube"},
	} {
		line, err := weighOne(p.name, p.folder)
		if err != nil {
			return err
		}
		fmt.Println(line)
	}
	return nil
}

func weighOne(name, folder string) (string, error) {
	dir, err := os.MkdirTemp("", "podlife-weight-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-o", binary, "./"+folder)
	build.Env = append(os.Environ(), "GOCACHE="+filepath.Join(dir, "cache"))
	build.Stderr = os.Stderr
	began := time.Now()
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building %s: %w", folder, err)
	}
	took := time.Since(began)
	info, err := os.Stat(binary)
	if err != nil {
		return "", err
	}
	deps, err := exec.Command("go", "version", "-m", binary).Output()
	if err != nil {
		return "", err
	}
	modules := strings.Count(string(deps), "\n\tdep\t")
	return fmt.Sprintf("| %s | %.1f MB | %d | %.0f s |", name, float64(info.Size())/1e6, modules, took.Seconds()), nil
}
