package pod_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// decodeRow is an input, and whether and with what faults Kubernetes decodes it.
type decodeRow struct {
	ID                 string          `json:"id"`
	Pod                json.RawMessage `json:"pod"`
	Text               string          `json:"text"`
	DecodeError        string          `json:"decodeError"`
	StrictDecodeErrors []string        `json:"strictDecodeErrors"`
	Source             string          `json:"source"`
	Index              int             `json:"index"`
	Kind               string          `json:"kind"`
	Name               string          `json:"name"`
	Defaulted          json.RawMessage `json:"defaulted"`
}

func (r *decodeRow) input() []byte {
	if r.Text != "" {
		return []byte(r.Text)
	}
	return r.Pod
}

var (
	strictField  = regexp.MustCompile(`^(unknown|duplicate) field "(.*)"$`)
	strictRepeat = regexp.MustCompile(`key "(.*?)" already set in map`)
	mapStep      = regexp.MustCompile(`\[([^\]0-9][^\]]*)\]`)
)

// recordedFaults reads Kubernetes' strict errors as "unknown PATH" and
// "duplicate PATH". Of keys that YAML repeats it gives the key only.
func recordedFaults(t *testing.T, texts []string) (fields, repeated []string) {
	t.Helper()
	for _, s := range texts {
		if m := strictField.FindStringSubmatch(s); m != nil {
			fields = append(fields, m[1]+" "+m[2])
			continue
		}
		all := strictRepeat.FindAllStringSubmatch(s, -1)
		require.NotEmpty(t, all, "a strict error of a new form: %s", s)
		for _, m := range all {
			repeated = append(repeated, m[1])
		}
	}
	slices.Sort(fields)
	slices.Sort(repeated)
	return slices.Compact(fields), repeated
}

// foundFaults reads err in the same way, and tells whether it is more than
// strictness. Paths lose the prefix of the template in its owner.
func foundFaults(t *testing.T, err error, prefix string, yaml bool) (fields, repeated []string, fatal bool) {
	t.Helper()
	var all pod.DecodeErrors
	if err != nil {
		require.True(t, errors.As(err, &all), "%v", err)
		require.NotEmpty(t, all)
	}
	for _, e := range all {
		path := mapStep.ReplaceAllString(e.Path, ".$1")
		switch e.Type {
		case pod.UnknownField:
			path, inside := strings.CutPrefix(path, prefix)
			if inside {
				fields = append(fields, "unknown "+path)
			}
		case pod.DuplicateField:
			if yaml {
				repeated = append(repeated, path[strings.LastIndexByte(path, '.')+1:])
			} else {
				fields = append(fields, "duplicate "+path)
			}
		default:
			fatal = true
			continue
		}
		require.Positive(t, e.Line, "%v", e)
		require.Positive(t, e.Column, "%v", e)
	}
	slices.Sort(fields)
	slices.Sort(repeated)
	return slices.Compact(fields), repeated, fatal
}

func TestParseAgreesWithKubernetes(t *testing.T) {
	eachCorpusLine(t, "pods.jsonl.gz", func(line []byte) {
		var row decodeRow
		require.NoError(t, json.Unmarshal(line, &row))
		p, err := pod.Parse(row.input())
		fields, repeated, fatal := foundFaults(t, err, "", row.Text != "" && row.Text[0] != '{')
		require.Equal(t, row.DecodeError != "", fatal, "%s: %q, but %v\n%s", row.ID, row.DecodeError, err, row.input())
		require.Equal(t, fatal, p == nil)
		if fatal {
			return
		}
		wantFields, wantRepeated := recordedFaults(t, row.StrictDecodeErrors)
		require.Equal(t, wantFields, fields, "%s", row.ID)
		require.Equal(t, wantRepeated, repeated, "%s", row.ID)
	})
}

// manifestFolders are the folders with manifests from real projects and what
// Kubernetes says of them: ../shared/corpus beside the repository, and those
// that PODLIFE_CORPUS lists. Without any the test is skipped.
func manifestFolders(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, dir := range append(filepath.SplitList(os.Getenv("PODLIFE_CORPUS")), filepath.Join("..", "..", "shared", "corpus")) {
		if _, err := os.Stat(filepath.Join(dir, "manifests.jsonl.gz")); err == nil {
			found = append(found, dir)
		}
	}
	if len(found) == 0 {
		t.Skip("no ../shared/corpus/manifests beside the repository: real manifests are not tested")
	}
	return found
}

func readManifest(t testing.TB, file string) ([]pod.Object, error) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	return pod.Read(file, f, pod.DecodeOptions{})
}

var templatePrefix = map[string]string{
	"Pod": "", "PodTemplate": "template.", "CronJob": "spec.jobTemplate.spec.template.",
}

func TestReadAgreesWithKubernetesOnRealManifests(t *testing.T) {
	for _, dir := range manifestFolders(t) {
		readFolder(t, dir)
	}
}

func readFolder(t *testing.T, dir string) {
	rows := map[string][]decodeRow{}
	eachLineOf(t, filepath.Join(dir, "manifests.jsonl.gz"), func(line []byte) {
		var row decodeRow
		require.NoError(t, json.Unmarshal(line, &row))
		rows[row.Source] = append(rows[row.Source], row)
	})
	for source, rows := range rows {
		objects, err := readManifest(t, filepath.Join(dir, "manifests", source))
		objects = slices.DeleteFunc(objects, func(o pod.Object) bool { return o.Index < 0 })
		require.Len(t, objects, len(rows), "%s: %v", source, err)
		var all pod.DecodeErrors
		errors.As(err, &all)
		for _, row := range rows {
			o := objects[row.Index]
			require.Equal(t, row.Index, o.Index)
			require.Equal(t, row.Kind, o.Kind, source)
			require.Equal(t, row.Name, o.Name, source)
			require.Equal(t, row.DecodeError != "", o.Pod == nil, "%s: %v", source, err)
			prefix, ok := templatePrefix[row.Kind]
			if !ok {
				prefix = "spec.template."
			}
			if len(rows) > 1 {
				require.Empty(t, row.StrictDecodeErrors, "a stream with faults needs a test that tells its objects apart")
				require.NoError(t, err)
			}
			fields, repeated, _ := foundFaults(t, err, prefix, true)
			wantFields, wantRepeated := recordedFaults(t, row.StrictDecodeErrors)
			require.Equal(t, wantFields, fields, source)
			require.Equal(t, wantRepeated, repeated, source)
			if row.Defaulted != nil && row.Kind != "Pod" {
				var want struct{ Metadata struct{ Name string } }
				require.NoError(t, json.Unmarshal(row.Defaulted, &want))
				require.Equal(t, want.Metadata.Name, o.Pod.Name)
			}
		}
	}
}

// eachLineOf calls do with each line of a compressed file.
func eachLineOf(t *testing.T, file string, do func(line []byte)) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		do(lines.Bytes())
	}
	require.NoError(t, lines.Err())
}
