package pod_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func benchInput(b *testing.B, name string) []byte {
	data, err := os.ReadFile("testdata/decode/" + name)
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	return data
}

func BenchmarkParseYAML(b *testing.B) {
	data := benchInput(b, "web.yaml")
	for b.Loop() {
		if _, err := pod.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseJSON(b *testing.B) {
	data := benchInput(b, "running.json")
	for b.Loop() {
		if _, err := pod.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseJSONStandard is encoding/json on the same types, for
// comparison.
func BenchmarkParseJSONStandard(b *testing.B) {
	data := benchInput(b, "running.json")
	for b.Loop() {
		var p pod.Pod
		if err := json.Unmarshal(data, &p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	p, err := pod.Parse(benchInput(b, "running.json"))
	require.NoError(b, err)
	var buf []byte
	for b.Loop() {
		buf = p.AppendJSON(buf[:0])
	}
}

func BenchmarkAppendJSONStandard(b *testing.B) {
	p, err := pod.Parse(benchInput(b, "running.json"))
	require.NoError(b, err)
	for b.Loop() {
		if _, err := json.Marshal(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeYAML(b *testing.B) {
	p, err := pod.Parse(benchInput(b, "running.json"))
	require.NoError(b, err)
	for b.Loop() {
		p.EncodeYAML()
	}
}
