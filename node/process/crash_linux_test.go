package process_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

func init() {
	roles["work"] = func(args []string) error { return work(args[0]) }
}

// A slot is a sequence of pods, one after the other, that a worker runs. What it has done and is about to do is in two files, so
// that another worker can go on, and a test can tell what must be true:
//
//	DIR/diary/N     one line for each thing that was done, or is about to be undone
//	DIR/starts/UID.ATTEMPT     a line from each process that was started for the attempt
type slot struct {
	dir string
	n   int
}

const slots = 8

func (s slot) file() string { return filepath.Join(s.dir, "diary", fmt.Sprint(s.n)) }

func (s slot) lines() []string {
	b, _ := os.ReadFile(s.file())
	return strings.Fields(string(b))
}

func (s slot) write(format string, args ...any) error {
	f, err := os.OpenFile(s.file(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = fmt.Fprintf(f, format+"\n", args...); err == nil {
		_, err = fmt.Println("done")
	}
	return err
}

// uid is that of the slot's present pod: the next one after each that was given up.
func (s slot) uid() pod.UID {
	gone := 0
	for _, line := range s.lines() {
		if strings.HasPrefix(line, "gone:") {
			gone++
		}
	}
	return pod.UID(fmt.Sprintf("00000000-0000-4000-%04d-%012d", 8000+s.n, gone))
}

// codeOf is what an attempt exits with by itself.
func codeOf(attempt int32) int32 { return 3 + attempt%5 }

func (s slot) script(uid pod.UID, attempt int32) string {
	return fmt.Sprintf("echo $$ >>%s/starts/%s.%d; sleep 0.0%d & (setsid sleep 1000 &); wait $!; exit %d",
		s.dir, uid, attempt, attempt%9, codeOf(attempt))
}

// work runs the pods of all slots until it is killed.
func work(dir string) error {
	r, err := process.New(process.Config{Dir: filepath.Join(dir, "runtime")})
	if err != nil {
		return err
	}
	fmt.Println("begun")
	errs := make(chan error)
	for n := range slots {
		go func() { errs <- slot{dir, n}.work(r) }()
	}
	return <-errs
}

func (s slot) work(r *process.Runtime) error {
	for {
		if err := s.step(r); err != nil {
			return fmt.Errorf("slot %d: %w", s.n, err)
		}
	}
}

// step does the next thing for the slot's pod.
func (s slot) step(r *process.Runtime) error {
	ctx, uid := context.Background(), s.uid()
	p := order{UID: uid, Name: "app"}.pod()
	p.Status.PodIPs = []pod.PodIP{{IP: fmt.Sprintf("10.66.0.%d", s.n+1)}}
	if s.n == 0 {
		p.Spec.ShareProcessNamespace = new(true)
	}
	seen, err := r.List(ctx, uid)
	switch {
	case err != nil:
		return err
	case seen.Sandbox == lifecycle.SandboxAbsent:
		if err := r.CreateSandbox(ctx, p); err != nil {
			return err
		}
		return s.write("created:%s", uid)
	case seen.Sandbox == lifecycle.SandboxStopped || rand.IntN(12) == 0:
		if err := s.write("gone:%s", uid); err != nil {
			return err
		}
		return r.RemoveSandbox(ctx, uid)
	case len(seen.Containers) == 0:
		return s.start(r, p, 0)
	}
	last := seen.Containers[len(seen.Containers)-1]
	switch {
	case last.State == lifecycle.ContainerRunning && rand.IntN(4) == 0:
		if err := s.write("stop:%s.%d", uid, last.Attempt); err != nil {
			return err
		}
		return r.StopContainer(ctx, uid, "app", last.Attempt, 0)
	case last.State == lifecycle.ContainerRunning:
		time.Sleep(time.Millisecond)
		return nil
	case len(seen.Containers) > 2:
		old := seen.Containers[0].Attempt
		if err := s.write("remove:%s.%d", uid, old); err != nil {
			return err
		}
		return r.RemoveContainer(ctx, uid, "app", old)
	}
	return s.start(r, p, last.Attempt+1)
}

func (s slot) start(r *process.Runtime, p *pod.Pod, attempt int32) error {
	err := r.StartContainer(context.Background(), p, "app", attempt, node.StartOptions{
		Command: []string{"/bin/sh", "-c", s.script(p.UID, attempt)}, Env: []string{"PATH=/usr/bin:/bin"},
	})
	if err != nil {
		return err
	}
	return s.write("started:%s.%d", p.UID, attempt)
}

// TestCrashes kills a program with pods at random moments, and looks each time at what is left with another runtime.
func TestCrashes(t *testing.T) {
	rounds := 12
	if os.Getenv("PODLIFE_LONG") != "" {
		rounds = 200
	}
	dir := t.TempDir()
	for _, sub := range []string{"diary", "starts"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, sub), 0o777))
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	used := map[string]bool{}
	kills, starts := 0, 0
	for ; kills < rounds || starts <= rounds; kills++ {
		crash(t, dir, random.IntN(2*slots), time.Duration(random.IntN(30_000))*time.Microsecond)
		r := newRuntimeBeside(t, filepath.Join(dir, "runtime"))
		for n := range slots {
			slot{dir, n}.check(t, r)
		}
		noteNetworks(t, dir, used)
		require.NoError(t, r.Leave())
		files, err := filepath.Glob(filepath.Join(dir, "starts", "*"))
		require.NoError(t, err)
		starts = len(files)
	}
	t.Logf("%d kills, %d attempts", kills, starts)
	require.NoError(t, newRuntimeBeside(t, filepath.Join(dir, "runtime")).Close())
	requireNothingOf(t, dir)
	left, err := os.ReadDir(filepath.Join(dir, "runtime", "pods"))
	require.NoError(t, err)
	require.Empty(t, left)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		for _, pid := range holders(t, name) {
			mounts, _ := os.ReadFile(filepath.Join("/proc", pid, "mountinfo"))
			// The numbers of namespaces are given out again, to others on this machine too.
			require.NotContains(t, string(mounts), dir, "the network namespace %s is left, in process %s", name, pid)
		}
	}
	own, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	require.NotContains(t, string(own), dir, "a mount is left")
}

// holders are the processes in a network namespace.
func holders(t *testing.T, name string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/ns/net")
	require.NoError(t, err)
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && to == name {
			pids = append(pids, strings.Split(link, "/")[2])
		}
	}
	return pids
}

// crash lets a worker do so many things, or begin, and kills it a moment later.
func crash(t *testing.T, dir string, things int, after time.Duration) {
	t.Helper()
	argv := role(t, "work", dir)
	cmd := exec.Command(argv[0], argv[1:]...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var said bytes.Buffer
	cmd.Stderr = &said
	require.NoError(t, cmd.Start())
	for told := bufio.NewScanner(out); things > 0 && told.Scan(); things-- {
	}
	var alive sync.WaitGroup
	alive.Go(func() { _, _ = io.Copy(io.Discard, out) })
	time.Sleep(after)
	_ = cmd.Process.Kill()
	alive.Wait()
	require.ErrorContains(t, cmd.Wait(), "killed", "%s", &said)
}

// check holds what is left of a slot's pods against its diary.
func (s slot) check(t *testing.T, r *process.Runtime) {
	t.Helper()
	uid, lines := s.uid(), s.lines()
	did := func(what string) bool {
		for _, line := range lines {
			if line == what {
				return true
			}
		}
		return false
	}
	seen, err := r.List(t.Context(), uid)
	require.NoError(t, err)
	if did(fmt.Sprintf("created:%s", uid)) {
		require.Equal(t, lifecycle.SandboxReady, seen.Sandbox, "the sandbox of %s is lost", uid)
	}
	shown := map[int32]lifecycle.SeenContainer{}
	for _, c := range seen.Containers {
		shown[c.Attempt] = c
	}
	for attempt := range int32(1000) {
		name := fmt.Sprintf("%s.%d", uid, attempt)
		starts, _ := os.ReadFile(filepath.Join(s.dir, "starts", name))
		require.LessOrEqual(t, strings.Count(string(starts), "\n"), 1, "%s was started twice", name)
		c, ok := shown[attempt]
		if did("started:"+name) && !did("remove:"+name) {
			require.True(t, ok, "%s is lost", name)
		}
		if !ok || c.State != lifecycle.ContainerExited {
			continue
		}
		want := []int32{codeOf(attempt)}
		if did("stop:" + name) {
			want = append(want, 137)
		}
		require.Contains(t, want, c.ExitCode, "exit code of %s", name)
	}
}

// noteNetworks adds the network namespaces of the processes that have to do with a folder, but for this program's own.
func noteNetworks(t *testing.T, dir string, used map[string]bool) {
	t.Helper()
	for _, line := range marked(t, dir+"/") {
		pid, _, _ := strings.Cut(line, " ")
		maps.Copy(used, networks(t, "/proc/"+pid+"/ns/net"))
	}
	for own := range networks(t, "/proc/self/ns/net") {
		delete(used, own)
	}
}

// networks are the network namespaces that links lead to.
func networks(t *testing.T, pattern string) map[string]bool {
	t.Helper()
	links, err := filepath.Glob(pattern)
	require.NoError(t, err)
	set := map[string]bool{}
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil {
			set[name] = true
		}
	}
	return set
}
