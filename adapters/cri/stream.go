package cri

import (
	"bytes"
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
)

// stream listens to the engine's events until ctx is done, again after each time that they end: to those of the interface, or else to
// those that containerd has had for longer. It gives up where the engine has neither.
func (w *watcher) stream(ctx context.Context, l *listener) {
	sources := []func(context.Context, *listener) error{w.listen, w.listenToTasks}
	for wait := reconnect.Backoff.BaseDelay; ctx.Err() == nil; wait = min(2*wait, reconnect.Backoff.MaxDelay) {
		began := time.Now()
		err := sources[0](ctx, l)
		w.streaming.Store(false)
		w.hurry(1)
		if status.Code(err) == codes.Unimplemented {
			if sources = sources[1:]; len(sources) == 0 {
				w.log.Info("the engine has no events, so it is polled")
				return
			}
			continue
		}
		if time.Since(began) > reconnect.Backoff.MaxDelay {
			wait = reconnect.Backoff.BaseDelay
		}
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// listen passes on the events of one stream until it ends. What happened before it began, the next poll finds.
func (w *watcher) listen(ctx context.Context, l *listener) error {
	events, err := w.engine.runtime.GetContainerEvents(ctx, &criapi.GetEventsRequest{})
	if err != nil {
		return err
	}
	for {
		e, err := events.Recv()
		if err != nil {
			return err
		}
		if !w.streaming.Swap(true) {
			w.hurry(1)
		}
		labels := e.GetPodSandboxStatus().GetLabels()
		if labels[labelOwner] == w.owner {
			l.changed(pod.UID(labels[labelPodUID]))
		}
	}
}

// containerd's own events, on the socket of the interface, and those that say that a process of a container has ended.
const (
	subscribeMethod = "/containerd.services.events.v1.Events/Subscribe"
	exitFilter      = `topic=="/tasks/exit"`
)

// looksAfterEnd is how often the engine is looked at quickly after a container has ended: it may take a fifth of a second to note it.
const looksAfterEnd = 10

// listenToTasks has the engine looked at whenever a container has ended on it, somebody's: containerd's part for the interface hears of
// that at the same time, and needs a moment to note it. A request is a list of filters, its first field, and one filter has the form of
// a StringValue.
func (w *watcher) listenToTasks(ctx context.Context, _ *listener) error {
	events, err := w.engine.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, subscribeMethod)
	if err != nil {
		return err
	}
	if err := events.SendMsg(wrapperspb.String(exitFilter)); err != nil {
		return err
	}
	if err := events.CloseSend(); err != nil {
		return err
	}
	for {
		envelope := &emptypb.Empty{} // all of it is unknown to this type, which keeps what it does not know
		if err := events.RecvMsg(envelope); err != nil {
			return err
		}
		w.streaming.Store(true)
		if endsContainer(envelope.ProtoReflect().GetUnknown()) {
			w.hurry(looksAfterEnd)
		}
	}
}

// The fields of containerd's messages that count, by their numbers.
const (
	envelopeEvent   = 4 // of an Envelope: an Any
	anyValue        = 2 // of an Any: a TaskExit
	exitContainerID = 1 // of a TaskExit
	exitID          = 2 // of a TaskExit: the container's again if its first process has ended, else the name of a command in it
)

// endsContainer reports whether an event says that a container has ended, and not a command that was run in one.
func endsContainer(envelope []byte) bool {
	exit := field(field(envelope, envelopeEvent), anyValue)
	return bytes.Equal(field(exit, exitContainerID), field(exit, exitID))
}

// field is the content of a message's field of variable length, nil where it has none of that number.
func field(message []byte, number protowire.Number) []byte {
	for len(message) > 0 {
		found, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil
		}
		message = message[n:]
		if found == number && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(message)
			return content
		}
		if n = protowire.ConsumeFieldValue(found, kind, message); n < 0 {
			return nil
		}
		message = message[n:]
	}
	return nil
}
