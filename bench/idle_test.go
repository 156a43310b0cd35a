package bench

import (
	"testing"
	"time"
)

func TestRunIdle(t *testing.T) {
	m, err := RunIdle(5, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if m.Pods != 5 || m.Ours < 0 || m.Ours > m.Span {
		t.Fatalf("got %+v, expected 5 pods that take less than all of a CPU", m)
	}
}
