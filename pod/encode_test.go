package pod_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// standardJSON is what encoding/json writes, HTML characters as they are.
func standardJSON(t *testing.T, p *pod.Pod) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(p))
	return strings.TrimSuffix(b.String(), "\n")
}

// TestPodsOfTheCorpusAreWrittenAndReadBack takes every fourth pod, and all of
// them with PODLIFE_LONG.
func TestPodsOfTheCorpusAreWrittenAndReadBack(t *testing.T) {
	n := 0
	eachCorpusLine(t, "pods.jsonl.gz", func(line []byte) {
		if n++; n%4 != 0 && os.Getenv("PODLIFE_LONG") == "" {
			return
		}
		var row decodeRow
		require.NoError(t, json.Unmarshal(line, &row))
		p, err := pod.Parse(row.input())
		if err != nil {
			return
		}
		text := string(p.AppendJSON(nil))
		require.Equal(t, standardJSON(t, p), text, row.ID)
		back, err := pod.Parse([]byte(text))
		require.NoError(t, err, row.ID)
		require.Equal(t, text, string(back.AppendJSON(nil)), row.ID)

		yaml := p.EncodeYAML()
		back, err = pod.Parse(yaml)
		require.NoError(t, err, "%s\n%s", row.ID, yaml)
		require.Equal(t, text, string(back.AppendJSON(nil)), "%s\n%s", row.ID, yaml)
	})
}

func TestAppendJSONAppends(t *testing.T) {
	p := &pod.Pod{}
	p.Name = "a"
	require.Equal(t, `x{"metadata":{"name":"a"},"spec":{"containers":null},"status":{}}`, string(p.AppendJSON([]byte("x"))))
}

func TestEncodeYAMLIsReadable(t *testing.T) {
	p, err := pod.Parse([]byte(`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"b":"yes","a":"1"}},"spec":{"containers":[{"name":"c","image":"i","command":["sh","-c","a\nb\n"],"resources":{},"env":[{"name":"A","value":"1"}]}],"volumes":[{"name":"v","emptyDir":{}}]},"status":{}}`))
	require.NoError(t, err)
	require.Equal(t, `apiVersion: v1
kind: Pod
metadata:
  name: a
  labels:
    a: "1"
    b: "yes"
spec:
  volumes:
  - name: v
    emptyDir: {}
  containers:
  - name: c
    image: i
    command:
    - sh
    - -c
    - |
      a
      b
    env:
    - name: A
      value: "1"
`, string(p.EncodeYAML()))
}

func TestEncodingAManifestKeepsIt(t *testing.T) {
	text, err := os.ReadFile("testdata/decode/web.yaml")
	require.NoError(t, err)
	p, err := pod.Parse(text)
	require.NoError(t, err)
	back, err := pod.Parse(p.EncodeYAML())
	require.NoError(t, err)
	require.Equal(t, p, back)
}
