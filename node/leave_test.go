package node_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// trials are the times of the tries of something that fails so often.
type trials struct {
	mu    sync.Mutex
	from  time.Time
	at    []string
	fails int
}

func failing(times int) *trials { return &trials{from: time.Now(), fails: times} }

func (f *trials) try() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = append(f.at, time.Since(f.from).String())
	if len(f.at) <= f.fails {
		return errBroken
	}
	return nil
}

func (f *trials) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// of has one call of a fake tried.
func (f *trials) of(call string) func(string) error {
	return func(c string) error {
		if c != call {
			return nil
		}
		return f.try()
	}
}

// brokenShelf is volumes of which the first tries to unmount fail.
type brokenShelf struct {
	shelf
	*trials
	// unmountable says that of no pod all volumes can be mounted.
	unmountable bool
}

func (s *brokenShelf) Mount(p *pod.Pod, from storage.Sources) error {
	if err := s.shelf.Mount(p, from); err != nil || !s.unmountable {
		return err
	}
	return errBroken
}

func (s *brokenShelf) Unmount(uid pod.UID) error {
	if err := s.try(); err != nil {
		return err
	}
	return s.shelf.Unmount(uid)
}

// complaints are the events that something cannot be ended.
func complaints(a *node.Agent) (out []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for e := range a.Events(ctx) {
		if e.Reason == node.FailedKillPod {
			out = append(out, fmt.Sprintf("%s %s x%d", e.Type, e.Message, e.Count))
		}
	}
	return out
}

// pass has time pass, and what happens in it end.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

const broken = "Warning error killing pod: the runtime is broken x1"

// TestLastCleanUpIsTriedAgain holds that what cannot be removed of a deleted pod is tried again, later and later, and that the pod is there,
// with its name and its address, until it is.
func TestLastCleanUpIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		addresses := &fixed{ips: ips("10.1.0.7")}
		tries := failing(10)
		f := &fake{fail: tries.of("remove sandbox")}
		w := newWorld(t, f, node.Config{Addresses: addresses})
		p := w.apply(plain)
		w.until(isReady)
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
		pass(3 * time.Minute)
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{GracePeriodSeconds: new(int64)}), "it may be deleted again")
		require.Equal(t, pod.Failed, w.pod().Status.Phase)
		require.Equal(t, map[pod.UID]bool{p.UID: true}, addresses.held)
		require.NoError(t, w.Apply(aPod(t, "web", "", "")))
		require.Equal(t, p.UID, w.pod().UID, "the name is taken, and what is applied is the same pod")
		require.Equal(t, []string{broken}, complaints(w.Agent))
		require.Equal(t, 1, ofWorkers())

		w.until(func(c node.Change) bool { return c.Type == node.Deleted })
		require.Equal(t, []string{"0s", "0s", "1s", "3s", "7s", "15s", "31s", "1m3s", "2m3s", "3m3s", "4m3s"}, tries.all())
		require.Empty(t, addresses.held)
		require.Empty(t, f.pods)
		require.NoError(t, w.Apply(aPod(t, "web", "", "")))
		require.NoError(t, w.end())
		require.Zero(t, ofWorkers())
	})
}

// TestNothingIsTakenFromWhatMayRun holds that the volumes and the host port of a pod that cannot be ended stay its own.
func TestNothingIsTakenFromWhatMayRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		volumes := &brokenShelf{trials: failing(0)}
		tries := failing(3)
		w := newWorld(t, &fake{fail: tries.of("stop sandbox")}, node.Config{Volumes: volumes})
		const port = ", ports: [{containerPort: 80, hostPort: 8080}]"
		require.NoError(t, w.Apply(aPod(t, "web", port, ", volumes: [{name: data, emptyDir: {}}]")))
		w.until(isReady)
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
		pass(15 * time.Second)
		require.Empty(t, volumes.all())
		require.Equal(t, []string{broken}, complaints(w.Agent))
		require.NoError(t, w.Apply(aPod(t, "other", port, "")))
		other, _ := w.Pod(pod.Key{Name: "other"})
		w.until(func(c node.Change) bool {
			other = c.Pod
			return c.Pod.Name == "other" && c.Pod.Status.Phase == pod.Failed
		})
		require.Equal(t, pod.Reason("NodePorts"), other.Status.Reason)

		w.until(func(c node.Change) bool { return c.Type == node.Deleted })
		require.Equal(t, []string{"0s", "10s", "20s", "30s", "30s"}, tries.all())
		require.Equal(t, []string{"30s", "30s"}, volumes.all())
		require.NoError(t, w.end())
	})
}

// TestVolumesThatCannotBeUnmounted holds that a pod stays until its volumes are gone, and that one which never had all of them loses those
// that it has.
func TestVolumesThatCannotBeUnmounted(t *testing.T) {
	for _, test := range []struct {
		mounts bool
		tries  []string
	}{
		{true, []string{"0s", "10s", "20s", "30s", "30s"}},
		{false, []string{"0s", "1s", "3s", "7s"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			addresses := &fixed{ips: ips("10.1.0.7")}
			volumes := &brokenShelf{trials: failing(3), unmountable: !test.mounts}
			w := newWorld(t, &fake{}, node.Config{Volumes: volumes, Addresses: addresses})
			require.NoError(t, w.Apply(aPod(t, "web", "", ", volumes: [{name: data, emptyDir: {}}]")))
			synctest.Wait()
			require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
			pass(5 * time.Second)
			require.Equal(t, []string{broken}, complaints(w.Agent))
			w.until(func(c node.Change) bool { return c.Type == node.Deleted })
			require.Equal(t, test.tries, volumes.all())
			require.Empty(t, volumes.pods)
			require.Empty(t, addresses.held)
			require.NoError(t, w.end())
		})
	}
}

// TestVolumesWaitForTheSandbox holds that a pod whose sandbox cannot be stopped keeps its volumes, also where its machine knows of neither.
func TestVolumesWaitForTheSandbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		volumes := &brokenShelf{trials: failing(0), unmountable: true}
		w := newWorld(t, &fake{fail: failing(2).of("stop sandbox")}, node.Config{Volumes: volumes})
		require.NoError(t, w.Apply(aPod(t, "web", "", ", volumes: [{name: data, emptyDir: {}}]")))
		synctest.Wait()
		w.delete(pod.DeleteOptions{})
		require.Equal(t, []string{"3s"}, volumes.all())
		require.NoError(t, w.end())
	})
}

// TestAddressOfAnotherByThen holds that an address which a pod gave back before all of it was gone is not its own after a crash.
func TestAddressOfAnotherByThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "store"))
		f := &fake{}
		volumes := &brokenShelf{trials: failing(0)}
		begin := func(log io.Writer) *world {
			addresses, err := node.VirtualAddresses(netip.MustParsePrefix("10.7.0.8/29"))
			require.NoError(t, err)
			return newWorld(t, f, node.Config{Store: store, LeaveRunning: true, Volumes: volumes, Addresses: addresses,
				Log: slog.New(slog.NewTextHandler(log, nil))})
		}
		w := begin(io.Discard)
		web := aPod(t, "web", "", ", volumes: [{name: data, emptyDir: {}}]")
		web.UID = "a"
		require.NoError(t, w.Apply(web))
		address := w.until(isReady).Status.PodIP
		f.fails(func(call string) error {
			if call == "remove sandbox" {
				volumes.trials.mu.Lock()
				defer volumes.trials.mu.Unlock()
				volumes.trials.fails = 1000 // from now on, when the machine has had them unmounted
			}
			return nil
		})
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
		pass(2 * time.Minute)
		for i, got := 0, ""; got != address; i++ {
			p := withUID(aPod(t, fmt.Sprint("b", i), "", ""))
			require.NoError(t, w.Apply(p))
			got = w.until(func(c node.Change) bool { return c.Pod.Name == p.Name && isReady(c) }).Status.PodIP
		}
		_ = w.end()

		var log bytes.Buffer
		w = begin(&log)
		synctest.Wait()
		_ = w.end()
		require.NotContains(t, log.String(), "not its own")
	})
}

// TestRunEndsBeforeTheCleanUp holds that Run ends a clean-up that is tried again, tells what is left, and that the pod stays in the store
// for the next agent, which goes on and does not repeat what was said.
func TestRunEndsBeforeTheCleanUp(t *testing.T) {
	for _, leave := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := openStore(t, filepath.Join(t.TempDir(), "store"))
			tries := failing(6)
			f := &fake{fail: tries.of("remove sandbox")}
			w := newWorld(t, f, node.Config{Store: store, LeaveRunning: leave})
			w.apply(plain)
			w.until(isReady)
			require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
			pass(5 * time.Second)
			err := w.end()
			require.ErrorIs(t, err, errBroken)
			require.ErrorContains(t, err, `pod "default/web"`)
			require.Equal(t, []string{"0s", "0s", "1s", "3s", "5s"}, tries.all())
			require.Contains(t, kept(t, store), `"name":"web"`)

			w = newWorld(t, f, node.Config{Store: store, LeaveRunning: leave})
			synctest.Wait()
			require.Equal(t, []string{broken}, complaints(w.Agent))
			w.until(func(c node.Change) bool { return c.Type == node.Deleted })
			require.Empty(t, f.pods)
			require.Empty(t, kept(t, store))
			require.NoError(t, w.end())
		})
	}
}

// TestCausesAreTold holds that each cause is told once, and that a runtime which has a new one every time fills nothing.
func TestCausesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := &fake{fail: func(call string) error {
			if call != "remove sandbox" {
				return nil
			}
			if n++; n > 100 {
				return nil
			}
			return fmt.Errorf("process %d is in the way", n)
		}}
		w := newWorld(t, f, node.Config{})
		w.apply(plain)
		w.until(isReady)
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
		pass(time.Hour)
		told := complaints(w.Agent)
		require.Len(t, told, 10)
		require.Equal(t, "Warning error killing pod: process 10 is in the way x1", told[9])
		w.until(func(c node.Change) bool { return c.Type == node.Deleted })
		require.NoError(t, w.end())
	})
}

// TestHangingRuntime holds that a runtime that does not answer keeps Run no longer than the patience with it.
func TestHangingRuntime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		store := openStore(t, filepath.Join(t.TempDir(), "store"))
		w := newWorld(t, f, node.Config{Runtime: &hanging{f}, Store: store})
		w.apply(plain)
		w.until(isReady)
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
		pass(35 * time.Second) // the second try began after 31
		told := []string{broken, "Warning error killing pod: context deadline exceeded x1"}
		require.Equal(t, told, complaints(w.Agent))
		ended := time.Now()
		require.ErrorIs(t, w.end(), context.DeadlineExceeded)
		require.Equal(t, 30*time.Second, time.Since(ended))
		require.Zero(t, ofWorkers())
		require.Contains(t, kept(t, store), "deadline exceeded")
		require.NotContains(t, kept(t, store), "context canceled", "that Run ends is no fault of the pod")
	})
}

// hanging is a runtime that removes a sandbox the first time, when the machine asks for it, with an error, and then never.
type hanging struct{ *fake }

func (h *hanging) RemoveSandbox(ctx context.Context, _ pod.UID) error {
	if h.said("remove sandbox") == 0 {
		h.mu.Lock()
		defer h.mu.Unlock()
		_ = h.note("remove sandbox")
		return errBroken
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestKilledBetweenCleanUps kills the agent at each write of a life in which nothing can be removed at once.
func TestKilledBetweenCleanUps(t *testing.T) {
	begin := func(t *testing.T) (*ground, func(*node.Agent) bool) {
		g, stage := newGround(t), 0
		g.fake.fail = failing(4).of("remove sandbox")
		g.volumes.fail = 3
		return g, story(t, &stage)
	}
	var whole int
	synctest.Test(t, func(t *testing.T) {
		g, tell := begin(t)
		require.False(t, g.live(1<<20, false, tell))
		whole = g.written
		g.settled(3)
	})
	for n := range whole {
		synctest.Test(t, func(t *testing.T) {
			g, tell := begin(t)
			require.True(t, g.live(n, n%2 == 0, tell))
			require.False(t, g.live(1<<20, false, tell))
			g.settled(3)
		})
	}
}

// orphanage is a runtime that tells of its pods.
type orphanage struct{ *mortalRuntime }

// TestOrphansAreTriedAgain holds that what belongs to no pod and cannot be removed when the agent begins is removed later, that this is told
// once, and that a pod which has the UID by then is left alone.
func TestOrphansAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := failing(4)
		f := &fake{fail: tries.of("stop sandbox")}
		for _, uid := range []pod.UID{"u-lost", "u-web"} {
			f.pod(uid).box = lifecycle.SandboxReady
		}
		volumes := &shelf{pods: map[pod.UID]int64{"u-lost": 0, "u-volume": 0}}
		var log bytes.Buffer
		w := newWorld(t, f, node.Config{
			Runtime: &orphanage{&mortalRuntime{f, &life{dead: make(chan struct{})}}}, Volumes: volumes, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		synctest.Wait()
		require.Equal(t, []string{"0s", "0s", "0s"}, tries.all())
		require.Len(t, volumes.pods, 2, "they may be in use")
		web := aPod(t, "web", "", "")
		web.UID = "u-web"
		require.NoError(t, w.Apply(web))
		w.until(isReady)
		pass(time.Minute)
		require.Equal(t, []string{"0s", "0s", "0s", "1s", "1s", "3s"}, tries.all())
		require.Empty(t, volumes.pods)
		require.Len(t, f.pods, 1)
		require.Equal(t, lifecycle.SandboxReady, f.pods["u-web"].box)
		require.NoError(t, w.end())
		require.Equal(t, 2, strings.Count(log.String(), "something that belongs to no pod is left"), "three pods, then one: "+log.String())
	})
}

// slowToStop is a runtime that takes its time to stop a sandbox, and at first cannot.
type slowToStop struct {
	*orphanage
	tries atomic.Int32
}

func (s *slowToStop) StopSandbox(ctx context.Context, uid pod.UID) error {
	if s.tries.Add(1) == 1 {
		return errBroken
	}
	time.Sleep(20 * time.Second)
	return s.orphanage.StopSandbox(ctx, uid)
}

// TestNobodyGetsTheUIDOfAnOrphan holds that no pod gets the UID of what is just removed.
func TestNobodyGetsTheUIDOfAnOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		f.pod("web").box = lifecycle.SandboxReady
		w := newWorld(t, f, node.Config{Runtime: &slowToStop{orphanage: &orphanage{&mortalRuntime{f, &life{dead: make(chan struct{})}}}}})
		pass(5 * time.Second)
		require.ErrorIs(t, w.Apply(withUID(aPod(t, "web", "", ""))), node.ErrExists)
		require.NoError(t, w.Apply(withUID(aPod(t, "other", "", ""))), "the others need not wait")
		pass(20 * time.Second)
		require.NoError(t, w.Apply(withUID(aPod(t, "web", "", ""))))
		w.until(func(c node.Change) bool { return c.Pod.Name == "web" && isReady(c) })
		require.NoError(t, w.end())
	})
}

// TestRunEndsWithOrphans holds that Run does not wait for what cannot be removed of no pod.
func TestRunEndsWithOrphans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{fail: func(call string) error {
			if call == "stop sandbox" {
				return errors.New("never")
			}
			return nil
		}}
		f.pod("u-lost").box = lifecycle.SandboxReady
		w := newWorld(t, f, node.Config{Runtime: &orphanage{&mortalRuntime{f, &life{dead: make(chan struct{})}}}})
		pass(time.Hour)
		require.NoError(t, w.end())
		require.Equal(t, time.Hour, w.at())
	})
}

// fullStore is a Store that has no room for a while.
type fullStore struct {
	node.Store
	full atomic.Bool
}

func (s *fullStore) Put(key string, document []byte) error {
	if s.full.Load() {
		return errFull
	}
	return s.Store.Put(key, document)
}

func (s *fullStore) Delete(key string) error {
	if s.full.Load() {
		return errFull
	}
	return s.Store.Delete(key)
}

var errFull = errors.New("no space left on device")

// TestStoreWithoutRoom holds that a pod ends although the store cannot forget it, that an agent begins with such a store, and that the
// next pod of the name is the one that counts, also where the one before is still remembered.
func TestStoreWithoutRoom(t *testing.T) {
	for _, uids := range [][2]pod.UID{{"a", "b"}, {"b", "a"}} {
		synctest.Test(t, func(t *testing.T) {
			store := &fullStore{Store: openStore(t, filepath.Join(t.TempDir(), "store"))}
			f := &fake{}
			w := newWorld(t, f, node.Config{Store: store, LeaveRunning: true})
			first := aPod(t, "web", "", "")
			first.UID = uids[0]
			require.NoError(t, w.Apply(first))
			w.until(isReady)
			f.fails(func(call string) error {
				store.full.Store(call == "remove sandbox")
				return nil
			})
			w.delete(pod.DeleteOptions{})
			f.fails(nil)
			store.full.Store(false)
			second := aPod(t, "web", "", "")
			second.UID = uids[1]
			require.NoError(t, w.Apply(second))
			w.until(isReady)
			require.NoError(t, w.end())

			for _, full := range []bool{true, false} {
				store.full.Store(full)
				w = newWorld(t, f, node.Config{Store: store, LeaveRunning: true})
				synctest.Wait()
				require.Equal(t, uids[1], w.pod().UID)
				require.True(t, w.pod().Status.ContainerStatuses[0].Ready)
				require.NoError(t, w.end())
			}
			require.NotContains(t, kept(t, store), "pod/"+string(uids[0]))
			require.Equal(t, 1, f.said("start app#0")-1, "once for each of the two")
		})
	}
}
