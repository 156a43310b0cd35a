package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

// playReal runs pod.yaml as processes of this machine, until it has crashed, recovered, and been deleted. Nothing of it
// is left afterwards, also where ctx ends early.
func playReal(ctx context.Context, out io.Writer) (err error) {
	p, err := pod.Parse(manifest)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "podlife-quickstart-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	volumes, err := disk.New(filepath.Join(dir, "volumes"))
	if err != nil {
		return err
	}
	defer volumes.Close()
	runtime, err := process.New(process.Config{Dir: filepath.Join(dir, "containers")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runtime.Close()) }()
	addresses, err := node.VirtualAddresses(netip.MustParsePrefix("10.88.0.0/24"))
	if err != nil {
		return err
	}
	agent, err := node.New(node.Config{
		Runtime: runtime, Volumes: volumes, Addresses: addresses,
		Machine: &lifecycle.Config{HostIPs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- agent.Run(ctx) }()
	s := story{out: audience{out, cancel}, agent: agent, volumes: volumes, began: time.Now()}
	err = s.tell(ctx, p)
	cancel()
	return errors.Join(err, <-ended)
}

// audience is a reader of the story, without whom it ends.
type audience struct {
	io.Writer
	leave func()
}

func (a audience) Write(b []byte) (int, error) {
	n, err := a.Writer.Write(b)
	if err != nil {
		a.leave()
	}
	return n, err
}

// story is what happens to the pod, told line by line.
type story struct {
	out     io.Writer
	agent   *node.Agent
	volumes *disk.Driver
	began   time.Time
	told    string
	deleted bool
	volume  string
}

func (s *story) tell(ctx context.Context, p *pod.Pod) error {
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	changes := s.agent.Watch(ctx)
	if err := s.agent.Apply(p); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%-7s %-6s %-18s %-9s %s\n", "TIME", "READY", "STATUS", "RESTARTS", "CONTAINERS")
	for change := range changes {
		if change.Type == node.Deleted {
			s.say("the pod is gone")
			return s.checkVolume()
		}
		s.line(change.Pod)
		if err := s.act(change.Pod); err != nil {
			return err
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("the pod did not get through its life in time")
	}
	return errors.New("interrupted; everything that was started has been stopped")
}

// line prints the pod's status if it reads differently from the one before.
func (s *story) line(p *pod.Pod) {
	sum := history.Summarize(p)
	ready := fmt.Sprintf("%d/%d", sum.Ready, sum.Containers)
	line := fmt.Sprintf("%-6s %-18s %-9d %s", ready, sum.Status, sum.Restarts, history.Containers(&p.Status))
	if line != s.told {
		fmt.Fprintf(s.out, "%-7s %s\n", s.since(), strings.TrimRight(line, " "))
	}
	s.told = line
}

func (s *story) since() string {
	return time.Since(s.began).Round(10 * time.Millisecond).String()
}

func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, "%-7s -- %s\n", s.since(), fmt.Sprintf(format, args...))
}

// act deletes the pod once it has crashed and is ready again.
func (s *story) act(p *pod.Pod) error {
	if s.deleted || !p.Status.IsTrue(pod.Ready) || history.Summarize(p).Restarts == 0 {
		return nil
	}
	s.deleted = true
	var err error
	if s.volume, err = s.volumes.Path(p.UID, "data"); err != nil {
		return err
	}
	journal, err := os.ReadFile(filepath.Join(s.volume, "journal"))
	if err != nil {
		return err
	}
	s.say("it crashed, was restarted and is ready again: deleting it; its volume is in\n           %s, where the journal says\n%s", s.volume, indent(string(journal)))
	return s.agent.Delete(p.Namespace, p.Name, pod.DeleteOptions{})
}

// checkVolume makes sure that the volume went with the pod.
func (s *story) checkVolume() error {
	if _, err := os.Stat(s.volume); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the volume %s outlived its pod: %v", s.volume, err)
	}
	s.say("and so is its volume")
	return nil
}

func indent(text string) string {
	out := ""
	for line := range splitLines(text) {
		out += "             " + line + "\n"
	}
	return out[:max(len(out)-1, 0)]
}
