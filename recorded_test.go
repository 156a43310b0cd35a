package podlife_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// recordings are what Kubernetes v1.37.2's own code answered and did, kept in the folders of the packages that are held to it: the
// README's list of them. A file of rows counts as many as it has lines, any other as one.
var recordings = []struct{ what, files string }{
	{"pods to be created: faults, defaults, what is stored", "pod/testdata/pods.jsonl.gz"},
	{"updates of pods, through each subresource", "pod/testdata/updates.jsonl.gz"},
	{"strings, and which forms of names they have", "naming/testdata/names.jsonl.gz"},
	{"quantities", "pod/testdata/quantities.jsonl.gz"},
	{"answers of functions of the kubelet", "*/testdata/node/*.jsonl.gz network/testdata/*.jsonl.gz node/eviction/testdata/*.jsonl.gz"},
	{"decisions of the scheduler, number by number", "scheduling/testdata/cases.jsonl.gz"},
	{"histories of pods on a kubelet", "lifecycle/lifecycletest/testdata/traces/recorded/*"},
	{"histories of workloads and nodes under all controllers", "cluster/clustertest/testdata/workload-traces/recorded/*"},
}

// recordedList counts the recordings, a line for each kind.
func recordedList(fsys fs.FS) (string, error) {
	var out strings.Builder
	for _, r := range recordings {
		n := 0
		for _, pattern := range strings.Fields(r.files) {
			files, err := fs.Glob(fsys, pattern)
			if err != nil {
				return "", err
			}
			for _, file := range files {
				rows, err := rowsOf(fsys, file)
				if err != nil {
					return "", fmt.Errorf("%s: %w", file, err)
				}
				n += rows
			}
		}
		if n == 0 {
			return "", fmt.Errorf("no recordings in %s", r.files)
		}
		fmt.Fprintf(&out, "%5d  %s\n", n, r.what)
	}
	return out.String(), nil
}

// rowsOf is how many recordings a file has.
func rowsOf(fsys fs.FS, file string) (n int, err error) {
	if ok, _ := path.Match("*.jsonl.gz", path.Base(file)); !ok {
		return 1, nil
	}
	f, err := fsys.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		n++
	}
	return n, lines.Err()
}
