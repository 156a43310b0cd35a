// Package enginetest runs a containerd of its own for tests and measurements: with a private socket, root, network and images, which
// needs no registry and leaves nothing behind.
//
//	e, err := enginetest.Start(dir, enginetest.Options{})
//	defer e.Close()
//	runtime, err := cri.New(ctx, cri.Config{Endpoint: e.Endpoint(), Dir: ...})
//
// Missing says what a machine lacks for that. Two engines on one machine do not meet: each has its bridge, its address ranges and
// its sockets.
package enginetest
