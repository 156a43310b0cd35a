package cri

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"google.golang.org/grpc/codes"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// killedCode is the exit code of what SIGKILL ended.
const killedCode = 137

// Exec implements node.Execer. The engine kills the command when ctx ends.
func (r *Runtime) Exec(ctx context.Context, uid pod.UID, container string, attempt int32, command []string) (node.ExecResult, error) {
	c, err := r.findRunning(ctx, uid, container, attempt)
	switch {
	case err != nil:
		return node.ExecResult{}, err
	case len(command) == 0:
		return node.ExecResult{}, errors.New("no command given")
	}
	request := &criapi.ExecSyncRequest{ContainerId: c.Id, Cmd: command}
	if end, ok := ctx.Deadline(); ok {
		request.Timeout = max(seconds(time.Until(end)), 1)
	}
	answer, err := r.engine.runtime.ExecSync(ctx, request)
	if err = r.engine.refusal(ctx, "ExecSync", err); err != nil {
		return r.execFailed(ctx, c.Id, err)
	}
	return node.ExecResult{ExitCode: answer.ExitCode, Output: output(answer.Stdout, answer.Stderr)}, nil
}

// execFailed tells a command that its container took along from one that could not be run.
func (r *Runtime) execFailed(ctx context.Context, id string, cause error) (node.ExecResult, error) {
	var e *Error
	if !errors.As(cause, &e) {
		return node.ExecResult{}, cause
	}
	if e.Code == codes.DeadlineExceeded {
		return node.ExecResult{}, context.DeadlineExceeded
	}
	s, err := r.engine.containerStatus(ctx, id)
	if err == nil && s.State == criapi.ContainerState_CONTAINER_EXITED {
		return node.ExecResult{ExitCode: killedCode}, nil
	}
	return node.ExecResult{}, cause
}

// output is what a command wrote, cut.
func output(stdout, stderr []byte) []byte {
	out := append(append([]byte(nil), stdout...), stderr...)
	return out[:min(len(out), node.MaxOutput)]
}

// Logs implements node.Logger.
func (r *Runtime) Logs(ctx context.Context, uid pod.UID, container string, attempt int32, o node.LogOptions) iter.Seq2[node.LogLine, error] {
	path, id, err := r.log(ctx, uid, container, attempt)
	if err != nil {
		return func(yield func(node.LogLine, error) bool) { yield(node.LogLine{}, err) }
	}
	return node.ReadLog(ctx, path, o, func() bool {
		s, err := r.engine.containerStatus(ctx, id)
		if err != nil {
			return isNotFound(err) || ctx.Err() != nil
		}
		return containerState(s.State) == lifecycle.ContainerExited
	})
}

// log returns the file of an attempt's log and the engine's ID of the attempt.
func (r *Runtime) log(ctx context.Context, uid pod.UID, container string, attempt int32) (path, id string, err error) {
	c, err := r.find(ctx, uid, container, attempt)
	if err != nil {
		return "", "", err
	}
	if c == nil {
		return "", "", fmt.Errorf("log of container %q, attempt %d: %w", container, attempt, node.ErrNotFound)
	}
	s, err := r.engine.containerStatus(ctx, c.Id)
	if err != nil {
		return "", "", err
	}
	path, err = logPath(s)
	return path, c.Id, err
}
