//go:build !linux

package cri

import "fmt"

// sendSignal cannot reach the processes of an engine, which runs on Linux.
func sendSignal(_ int, name string) error {
	return fmt.Errorf("signal %q: the engine's processes are not on this system", name)
}
