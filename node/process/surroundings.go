package process

import "github.com/podlife/podlife/pod"

// sandboxRequest works out what a shim is to be told of a pod whose folder is dir.
func (r *Runtime) sandboxRequest(p *pod.Pod, dir string) (sandboxRequest, error) {
	return sandboxRequest{Dir: dir}, nil
}
