package process

import "testing"

// BenchmarkFindLeftovers is the look through all processes of the machine that ends each attempt.
func BenchmarkFindLeftovers(b *testing.B) {
	var c *child
	var err error
	onForkThread(func() { c, err = startChild("/bin/sleep", []string{"sleep", "1000"}, childAttr{}) })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		findLeftovers([]int{c.pid}, markOf("none"))
	}
	c.kill()
	c.ended()
	c.reap()
}
