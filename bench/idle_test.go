package bench

import (
	"testing"
	"time"
)

func TestRunIdle(t *testing.T) {
	for _, real := range []bool{false, true} {
		m, err := RunIdle(5, real, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if m.Pods != 5 || m.Ours <= 0 || m.Ours > m.Span || m.Theirs <= 0 || m.Theirs > m.Span {
			t.Fatalf("got %+v, expected two programs that each take some CPU, and less than all of one", m)
		}
	}
}
