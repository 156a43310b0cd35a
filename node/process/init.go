package process

import "sync/atomic"

// initialized says that Init was called, so that this program can be executed again as a shim.
var initialized atomic.Bool

// Init makes pods outlive this program. Call it first of all in main, and in TestMain: where this program was executed again to be
// the shim of a pod, Init does that work and does not return. Else it returns at once, and every Runtime made afterwards has a
// shim for each pod. What the program's packages do in their init functions, each shim does too.
//
// It has no effect on systems other than Linux.
func Init() {
	playRole()
	initialized.Store(true)
}
