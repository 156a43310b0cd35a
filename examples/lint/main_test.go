package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const faulty = `apiVersion: v1
kind: Pod
metadata:
  name: Web
spec:
  restartPolcy: Never
  containers:
  - name: app
    image: app:1
    ports:
    - containerPort: 99999
`

// files writes faulty.yaml, a good manifest and a file without a pod, and returns the folder.
func files(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"faulty.yaml":  faulty,
		"good.json":    `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"ok"},"spec":{"containers":[{"name":"a","image":"a"}]}}`,
		"service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func TestText(t *testing.T) {
	dir := files(t)
	result, err := lint([]string{dir})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, printText(&out, result))
	file := filepath.Join(dir, "faulty.yaml")
	require.Equal(t, file+`:4:9: metadata.name: invalid value "Web": not a valid RFC 1123 subdomain: each part between dots must start with a lower-case letter or digit (byte 0)
`+file+`:6:3: spec.restartPolcy: unknown field "restartPolcy" (did you mean "restartPolicy"?)
`+file+`:11:22: spec.containers[0].ports[0].containerPort: invalid value "99999": want 1 to 65535
3 faults in 2 pods of 3 files
`, out.String())
}

func TestExcerpt(t *testing.T) {
	f := Fault{Line: 4, Column: 9, text: "  name: Web"}
	require.Equal(t, "     4 |   name: Web\n       |         ^\n", f.excerpt())
}

func TestJSON(t *testing.T) {
	result, err := lint([]string{files(t)})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, printJSON(&out, result))
	var back Result
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	require.Len(t, back.Faults, 3)
	require.Equal(t, 11, back.Faults[2].Line)
	require.Equal(t, "FieldValueInvalid", back.Faults[2].Type)
}

func TestSARIF(t *testing.T) {
	result, err := lint([]string{files(t)})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, printSARIF(&out, result))
	var back sarifLog
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	require.Equal(t, "2.1.0", back.Version)
	require.Len(t, back.Runs, 1)
	for _, r := range back.Runs[0].Results {
		require.Equal(t, r.RuleID, back.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID)
		require.NotZero(t, r.Locations[0].Physical.Region.StartLine)
	}
}

func TestNamedFileMustHoldAPod(t *testing.T) {
	result, err := lint([]string{filepath.Join(files(t), "service.yaml")})
	require.NoError(t, err)
	require.Len(t, result.Faults, 1)
	require.Equal(t, "NoPod", result.Faults[0].Type)
	_, err = lint([]string{t.TempDir()})
	require.ErrorContains(t, err, "no manifests")
}

// What cannot be read is told, and hides no fault of what can.
func TestUnreadableHidesNothing(t *testing.T) {
	dir := files(t)
	require.NoError(t, os.Symlink("loop.yaml", filepath.Join(dir, "loop.yaml")))
	require.NoError(t, os.Symlink("faulty.yaml", filepath.Join(dir, "link.yaml")))
	result, err := lint([]string{"absent.yaml", dir})
	require.ErrorContains(t, err, "absent.yaml")
	require.ErrorContains(t, err, "loop.yaml")
	require.Len(t, result.Faults, 6, "faulty.yaml by both its names")
	require.Equal(t, 4, result.Files)
}

func TestURI(t *testing.T) {
	require.Equal(t, "a%20b/c.yaml", uriOf("a b/c.yaml"))
	require.Equal(t, "./a:b.yaml", uriOf("a:b.yaml"))
	require.Equal(t, "file:///a%20b.yaml", uriOf("/a b.yaml"))
}
