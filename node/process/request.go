package process

import (
	"time"

	"github.com/podlife/podlife/pod"
)

// A keeper holds the processes of one pod: it starts them, writes their output down, reaps them, and knows how they ended.
// What it is asked and what it answers are plain values that can be written as JSON, so that it can live in this program or in
// another one. All methods may be called from several goroutines.
type keeper interface {
	// start starts an attempt and returns when its process runs. It returns the failure of an attempt that could not be
	// started, the same one again each time it is asked. The error says that the keeper itself is not there any more.
	start(r startRequest) (*failure, error)
	// stop begins to end an attempt; the change is announced when it has ended.
	stop(r stopRequest) error
	// exec runs a command in a running attempt until it has ended, or cancel is closed, which kills it.
	exec(r execRequest, cancel <-chan struct{}) (execAnswer, error)
	// resize changes the limits of a running attempt and of the pod.
	resize(r resizeRequest) error
	// forget drops what is known of an ended attempt.
	forget(r attemptRef) error
	// list returns all attempts in the order they were started.
	list() []attemptState
	// end kills everything and returns when nothing is left running; the attempts stay known.
	end() error
	// close ends and drops everything.
	close() error
}

// attemptRef names one attempt of the keeper's pod.
type attemptRef struct {
	Container string `json:"container"`
	Attempt   int32  `json:"attempt"`
}

// startRequest is all a keeper is told of an attempt. Paths are absolute and of this machine.
type startRequest struct {
	attemptRef
	// Argv is the command with its arguments; Argv[0] is looked up in Env's PATH where it has no slash.
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	// Dir is the working directory, made where it does not exist.
	Dir string `json:"dir"`
	// Links are made in the folder that stands for the container's "/": to the volumes, or to where they are mounted.
	Links []linkRequest `json:"links,omitempty"`
	// Mounts are the volumes, where the pod has mounts of its own, and Scratch is an empty folder to make them with.
	Mounts  []mountRequest `json:"mounts,omitempty"`
	Scratch string         `json:"scratch,omitempty"`
	// Resources are the limits of the attempt, nil where its pod has none.
	Resources *pod.LinuxResources `json:"resources,omitempty"`
	// OOMScore says how readily the kernel kills its processes.
	OOMScore int `json:"oomScore,omitempty"`
	// LogPath is where the output goes, empty for a file in the attempt's folder. A file that would grow beyond LogMaxSize bytes is renamed and another begun, and of
	// the renamed ones all but the newest LogMaxFiles-1 removed.
	LogPath     string `json:"logPath"`
	LogMaxSize  int64  `json:"logMaxSize,omitempty"`
	LogMaxFiles int    `json:"logMaxFiles,omitempty"`
	// MessagePath is the termination message file, and MessageTarget where the container is to find it, if it can be mounted there.
	MessagePath   string `json:"messagePath"`
	MessageTarget string `json:"messageTarget,omitempty"`
	// MessageFromLog takes the end of the log where a failed attempt left no message.
	MessageFromLog bool `json:"messageFromLog,omitempty"`
	// StopSignal is the name of the signal that asks the process to end; empty means SIGTERM.
	StopSignal string `json:"stopSignal,omitempty"`
}

// linkRequest is a symbolic link: Target is a path of the container, Source of this machine or what the container sees of it.
type linkRequest struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// mountRequest is a file or folder of this machine that appears in a container.
type mountRequest struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// stopRequest asks an attempt to end within Grace, in nanoseconds.
type stopRequest struct {
	attemptRef
	Grace time.Duration `json:"grace"`
}

// resizeRequest gives a running attempt and its pod other limits; nil leaves them.
type resizeRequest struct {
	attemptRef
	Resources *pod.LinuxResources `json:"resources,omitempty"`
	Pod       *pod.LinuxResources `json:"pod,omitempty"`
}

// execRequest is a command to run in an attempt.
type execRequest struct {
	attemptRef
	Argv []string `json:"argv"`
}

// execAnswer is how a command ended, or why nothing is known of that.
type execAnswer struct {
	ExitCode int32  `json:"exitCode"`
	Output   []byte `json:"output,omitempty"`
	// Canceled says that it was killed on request.
	Canceled bool `json:"canceled,omitempty"`
	// NotRunning says that the attempt does not run.
	NotRunning bool `json:"notRunning,omitempty"`
	// Failure says why the command could not be started.
	Failure string `json:"failure,omitempty"`
}

// failure says why an attempt could not be started.
type failure struct {
	// Known says that the attempt is kept, as one that exited with code 128.
	Known   bool   `json:"known,omitempty"`
	Message string `json:"message"`
}

// attemptState is what a keeper knows of one attempt.
type attemptState struct {
	attemptRef
	PID        int       `json:"pid"`
	Exited     bool      `json:"exited,omitempty"`
	StartedAt  time.Time `json:"startedAt"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	ExitCode   int32     `json:"exitCode,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Message    string    `json:"message,omitempty"`
	LogPath    string    `json:"logPath"`
}
