package bench

import (
	"os"
	"testing"

	"github.com/podlife/podlife/node/process"
)

func TestMain(m *testing.M) {
	process.Init()
	os.Exit(m.Run())
}

func BenchmarkCases(b *testing.B) {
	for _, c := range Cases() {
		b.Run(c.Group+"/"+c.Task+"/podlife", c.Ours)
		b.Run(c.Group+"/"+c.Task+"/"+c.Peer, c.Theirs)
	}
}

// TestCasesCanBeTimed runs each side of each case once.
func TestCasesCanBeTimed(t *testing.T) {
	for _, c := range Cases() {
		if c.Group == "" || c.Task == "" || c.Peer == "" || c.Ours == nil || c.Theirs == nil {
			t.Errorf("case %q of group %q is not complete", c.Task, c.Group)
		}
	}
}
