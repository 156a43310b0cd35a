package node_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

func TestPlaceAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		_, err := w.Place([]byte("kind: Nothing"))
		require.Error(t, err)
		p, err := w.Place([]byte(plain))
		require.NoError(t, err)
		require.NotEmpty(t, p.UID)
		again, err := w.Place([]byte(plain))
		require.NoError(t, err)
		require.Equal(t, p.UID, again.UID)

		running := func(p *pod.Pod) bool { return p.Status.Phase == pod.Running }
		p, err = w.Wait(t.Context(), pod.Key{Name: "web"}, running)
		require.NoError(t, err)
		require.Equal(t, pod.Running, p.Status.Phase)
		_, err = w.Wait(t.Context(), pod.Key{Name: "other"}, running)
		require.ErrorIs(t, err, node.ErrNotFound)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		never := func(*pod.Pod) bool { return false }
		_, err = w.Wait(ctx, pod.Key{Name: "web"}, never)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.AfterFunc(time.Second, func() { _ = w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}) })
		_, err = w.Wait(t.Context(), pod.Key{Name: "web"}, never)
		require.ErrorIs(t, err, node.ErrNotFound)

		_, err = w.Place([]byte(plain))
		require.NoError(t, err)
		time.AfterFunc(time.Second, w.stop)
		_, err = w.Wait(t.Context(), pod.Key{Name: "web"}, never)
		require.ErrorIs(t, err, node.ErrStopped)
		<-w.done
	})
}
