// Package nodetest is the conformance suite for whoever writes a node.Runtime:
//
//	func TestRuntime(t *testing.T) {
//		nodetest.TestRuntime(t, func(t *testing.T) node.Runtime { return newRuntime(t) })
//	}
//
// Each test says what its containers do as a Behavior: exits with 3, runs for ever, ignores the stop signal, writes a line. By
// default that becomes a script for /bin/sh, which serves every runtime with real programs. A runtime without programs gives a
// Suite its own Program and Command.
//
// Every test has a runtime of its own and removes all its pods at the end. What an optional interface offers is tested where
// the runtime has it, and skipped where not. The suite waits for what must come and never for a fixed time, except that it
// lets short graces run out.
package nodetest
