package bench

import (
	"os"
	"testing"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"

	"github.com/podlife/podlife/node/process"
)

func TestMain(m *testing.M) {
	process.Init()
	// Set once, before anything of Kubernetes' runs: all tests share them. The handlers make a controller wait after many errors, by a
	// clock that all bubbles share.
	klog.SetLogger(klog.Logger{})
	utilruntime.ErrorHandlers = nil
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
