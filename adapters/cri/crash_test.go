package cri_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

// agentVariable makes the test program an agent that runs until it is killed: ENDPOINT and DIR, with a space between.
const agentVariable = "PODLIFE_CRI_TEST_AGENT"

// crashPods are five pods: two that run on, two that crash again and again, and one job. Each container says that it starts, and that
// it found another one of its name still running.
func crashPods(t *testing.T, dir string) []*pod.Pod {
	const begin = `echo start >>/v/NAME; nc -ll -p 7000 -e true & sleep 0.05; kill -0 $! || echo NAME >>/v/twice; `
	commands := map[string]string{
		"steady1": begin + "exec sleep 100000",
		"steady2": begin + "exec sleep 100000",
		"crash1":  begin + "sleep 0.2; exit 1",
		"crash2":  begin + "exit 2",
		"job":     begin + "sleep 0.5; exit 0",
	}
	var pods []*pod.Pod
	for _, name := range []string{"steady1", "steady2", "crash1", "crash2", "job"} {
		policy := "Always"
		if name == "job" {
			policy = "Never"
		}
		pods = append(pods, parsePod(t, name, dir, "  restartPolicy: "+policy+"\n  containers: [{name: a, image: IMAGE, command: [sh, -c, '"+
			strings.ReplaceAll(commands[name], "NAME", name)+"'], volumeMounts: [{name: v, mountPath: /v}]}]\n"))
	}
	return pods
}

// survivor is an agent that goes on where the one before it was killed.
type survivor struct {
	agent   *node.Agent
	runtime *cri.Runtime
	run     func(ctx context.Context) error
}

// openAgent opens what outlives an agent, in a folder, and makes one. Run closes all again.
func openAgent(ctx context.Context, endpoint, dir string) (*survivor, error) {
	r, err := cri.New(ctx, cri.Config{Endpoint: endpoint, Dir: filepath.Join(dir, "cri"), Owner: filepath.Base(dir)})
	if err != nil {
		return nil, err
	}
	store, err := node.OpenStore(filepath.Join(dir, "store"))
	if err != nil {
		return nil, err
	}
	volumes, err := disk.New(filepath.Join(dir, "volumes"))
	if err != nil {
		return nil, err
	}
	a, err := node.New(node.Config{
		Runtime: r, Store: store, Volumes: volumes, LeaveRunning: true,
		Machine: &lifecycle.Config{
			HostIPs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, MaxContainerRestartPeriod: time.Second,
		},
	})
	if err != nil {
		return nil, err
	}
	return &survivor{a, r, func(ctx context.Context) error {
		return errors.Join(a.Run(ctx), volumes.Close(), store.Close(), r.Close())
	}}, nil
}

// TestAgentProcess is the agent of TestAgentKilled.
func TestAgentProcess(t *testing.T) {
	endpoint, dir, ok := strings.Cut(os.Getenv(agentVariable), " ")
	if !ok {
		t.Skip("this is run by TestAgentKilled")
	}
	s, err := openAgent(t.Context(), endpoint, dir)
	require.NoError(t, err)
	go func() {
		for _, p := range crashPods(t, dir) {
			if err := s.agent.Apply(p); err != nil {
				fmt.Println(err)
			}
		}
	}()
	require.NoError(t, s.run(t.Context()))
}

// checkStarts holds the number of a container's attempts against how often it said that it started. An attempt whose start was cut
// short by a kill counts, and may not have come to say anything.
func checkStarts(t *testing.T, dir string, p *pod.Pod, kills int) {
	t.Helper()
	attempts := int(p.Status.ContainerStatuses[0].RestartCount) + 1
	said := starts(t, dir, p.Name, attempts-kills)
	require.LessOrEqual(t, said, attempts, "pod %s", p.Name)
	require.GreaterOrEqual(t, said, attempts-kills, "pod %s", p.Name)
}

// Agents are killed at any moment while five pods run and crash. What the last one finds is what there is: nothing was started twice,
// nothing is forgotten, and nothing is left in the end.
func TestAgentKilled(t *testing.T) {
	e := sharedEngine(t)
	rounds := 4
	if os.Getenv("PODLIFE_LONG") != "" {
		rounds = 25
	}
	dir := t.TempDir()
	newRuntime(t, func(c *cri.Config) { c.Owner = filepath.Base(dir) }) // sweeps what a failed test leaves
	for range rounds {
		child := exec.Command(os.Args[0], "-test.run=^TestAgentProcess$", "-test.timeout=60s")
		child.Env = append(os.Environ(), agentVariable+"="+e.Endpoint()+" "+dir)
		require.NoError(t, child.Start())
		time.Sleep(time.Duration(300+rand.IntN(1500)) * time.Millisecond)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
	}

	s, err := openAgent(t.Context(), e.Endpoint(), dir)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	for _, p := range crashPods(t, dir) {
		require.NoError(t, s.agent.Apply(p))
	}
	for _, name := range []string{"steady1", "steady2"} {
		checkStarts(t, dir, until(t, s.agent, name, ready), rounds)
	}
	checkStarts(t, dir, until(t, s.agent, "job", func(p *pod.Pod) bool { return p.Status.Phase.IsTerminal() }), rounds)
	for _, name := range []string{"crash1", "crash2"} {
		checkStarts(t, dir, until(t, s.agent, name, func(p *pod.Pod) bool {
			return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].RestartCount >= 3 &&
				p.Status.ContainerStatuses[0].State.Waiting != nil
		}), rounds)
	}
	require.NoFileExists(t, filepath.Join(dir, "twice"))

	for _, p := range s.agent.Pods() {
		require.NoError(t, s.agent.Delete(p.Key(), pod.DeleteOptions{}))
	}
	for end := time.Now().Add(patience); len(s.agent.Pods()) > 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	require.Empty(t, s.agent.Pods())
	uids, err := s.runtime.Pods(t.Context())
	require.NoError(t, err)
	require.Empty(t, uids)
	left, err := os.ReadDir(filepath.Join(dir, "cri", "pods"))
	require.NoError(t, err)
	require.Empty(t, left)
	cancel()
	require.NoError(t, <-ended)
}
