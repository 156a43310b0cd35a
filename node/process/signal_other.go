//go:build !unix

package process

import "syscall"

var signals map[string]syscall.Signal
