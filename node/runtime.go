package node

import (
	"context"
	"iter"
	"net"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// A Runtime carries out on a machine what a pod's life asks for: one sandbox a pod, and in it attempts to run containers.
// It decides nothing: no restart, no probe, no order. nodetest.TestRuntime checks any implementation of it.
//
// All methods may be called from several goroutines, those of one pod too. A call ends soon after its context does and
// returns the context's error; what it began may then be finished or not, List says. A pod handed in is only read, and not
// kept after the call.
//
// An attempt is named by (UID, container, attempt); attempts count from 0 and a container has at most one that runs.
//
// A Runtime may implement any of ImagePuller, Execer, Logger, Notifier, Dialer, Resizer, Lister, Warner and Meter as well.
type Runtime interface {
	// CreateSandbox makes the place in which the pod's containers run. Where the pod has one that is ready this does
	// nothing and returns nil. A stopped one is not made ready again: it is an error until it was removed. The addresses that
	// the agent has for the pod are in p.Status.PodIPs.
	CreateSandbox(ctx context.Context, p *pod.Pod) error

	// StartContainer makes and starts one attempt in the pod's sandbox, and returns when its process runs. Asked again
	// for an attempt that exists, it changes nothing and returns what it returned the first time. The error is a
	// *StartError where Kubernetes has a word for it. An attempt whose process could not be started is shown by List as
	// exited, code 128, reason StartError, started at the Unix epoch, and the error has the reason RunContainerError;
	// after any other error List does not show the attempt.
	StartContainer(ctx context.Context, p *pod.Pod, container string, attempt int32, o StartOptions) error

	// StopContainer asks an attempt to end, with its stop signal, kills all of it when grace is over, and returns when it
	// has ended. A grace of zero or less kills at once. An attempt that has ended or is not known is not an error. Of two
	// calls for one attempt the earlier end of the grace counts. The grace runs on when ctx ends.
	StopContainer(ctx context.Context, uid pod.UID, container string, attempt int32, grace time.Duration) error

	// RemoveContainer forgets an ended attempt, its file system and its log. One that is not known is not an error, one
	// that runs is, and it stays.
	RemoveContainer(ctx context.Context, uid pod.UID, container string, attempt int32) error

	// StopSandbox kills whatever runs in the sandbox and returns when nothing does. List then shows the sandbox as
	// stopped, without addresses, and the attempts that it had. It is not an error where there is none.
	StopSandbox(ctx context.Context, uid pod.UID) error

	// RemoveSandbox stops the sandbox and forgets all of the pod: attempts, logs, files. It is not an error where there
	// is none.
	RemoveSandbox(ctx context.Context, uid pod.UID) error

	// List returns all that is known of one pod: a level, never an edge. A pod that is not known yields the zero Seen.
	// Seen.Volumes is the agent's to fill in; Seen.IPs too, where the runtime leaves it empty. The result is the
	// caller's.
	List(ctx context.Context, uid pod.UID) (lifecycle.Seen, error)
}

// StartOptions is what a runtime is told of an attempt beside the container in the pod's spec: all of it worked out already,
// with no variable left to expand. The zero value is a container with no environment that does what its image says.
type StartOptions struct {
	// Env is the whole environment in order, each as NAME=value, each name once.
	Env []string
	// Command and Args take the place of the container's. Where Command is empty the image's entry point counts.
	Command, Args []string
	// Mounts are the volumes, in the order of the container's volumeMounts.
	Mounts []Mount
	// Hostname is the pod's host name.
	Hostname string
	// LogPath is the file that the output is to be written to in the CRI's format, and empty where the runtime chooses.
	// ReadLog reads such files.
	LogPath string
}

// Mount makes a file or folder of this machine appear in a container.
type Mount struct {
	// Source is the absolute path on this machine.
	Source string
	// Target is the absolute path in the container.
	Target   string
	ReadOnly bool
}

// StartError says in Kubernetes' words why a container could not be started, or its image not be had.
type StartError struct {
	// Reason is CreateContainerConfigError, CreateContainerError, RunContainerError, ErrImagePull, ErrImageNeverPull ...
	Reason pod.Reason
	// Message is one sentence for people.
	Message string
}

// Error returns the reason and the message.
func (e *StartError) Error() string { return string(e.Reason) + ": " + e.Message }

// ImagePuller is implemented by a Runtime that has images. The agent takes an image for present where it is not.
type ImagePuller interface {
	// PullImage fetches the image of one container and returns its size in bytes, or 0 where that is not known.
	PullImage(ctx context.Context, p *pod.Pod, container string) (size int64, err error)
}

// Execer is implemented by a Runtime that can run a command in a running container.
type Execer interface {
	// Exec runs a command in a running attempt with its environment and working directory, and returns when it has
	// ended. When ctx ends first the command is killed and the context's error returned. An error means that nothing is
	// known of an exit code: no such attempt, not running (ErrNotRunning), no such command. Where the container ends
	// under the command, the command is killed and its exit code is 137.
	Exec(ctx context.Context, uid pod.UID, container string, attempt int32, command []string) (ExecResult, error)
}

// ExecResult is how a command ended.
type ExecResult struct {
	// ExitCode is the command's, 128+n where signal n ended it.
	ExitCode int32
	// Output is standard output and standard error as they came, cut after MaxOutput bytes.
	Output []byte
}

// MaxOutput is how much of the answer to a probe or hook is kept, in bytes: the output of a command, the body of an HTTP
// response.
const MaxOutput = 10 << 10

// Logger is implemented by a Runtime that keeps the output of its containers elsewhere than at StartOptions.LogPath.
type Logger interface {
	// Logs returns the lines of one attempt in the order they were written. An attempt that is not known yields one
	// error.
	Logs(ctx context.Context, uid pod.UID, container string, attempt int32, o LogOptions) iter.Seq2[LogLine, error]
}

// Notifier is implemented by a Runtime that notices when something ends by itself. Where it is not, the agent looks at every
// pod once per Config.Relist.
type Notifier interface {
	// Notify has changed called, with the pod's UID, after anything that List shows has changed, until stop is called.
	// Changed is quick, may be called from any goroutine, and once for several changes. Only one Notify counts at a time:
	// a second takes the place of the first.
	Notify(changed func(uid pod.UID)) (stop func())
}

// Dialer is implemented by a Runtime whose pods have addresses that this machine cannot reach as it is.
type Dialer interface {
	// DialPod connects to an address of the pod, "ip:port", on network "tcp".
	DialPod(ctx context.Context, uid pod.UID, network, address string) (net.Conn, error)
}

// Resizer is implemented by a Runtime that can give a running container other resources. Where it is not, a resize is
// Infeasible unless all that it concerns is to be restarted for it. See https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/.
type Resizer interface {
	// Resize gives a running attempt, and the pod as a whole, the resources that the pod's spec has now, without a restart. Asked
	// again it changes nothing. An attempt that does not run is an error, as is a memory limit below what is in use; the limits
	// are then as before, or partly changed.
	Resize(ctx context.Context, p *pod.Pod, container string, attempt int32) error
}
