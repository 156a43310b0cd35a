// Package story tells the life of one pod on any runtime: it starts, crashes, recovers, and is deleted. The programs named quickstart
// tell it: examples/quickstart with processes, adapters/cri/quickstart with real containers.
//
// Play makes an agent with volumes on disk, applies the pod, prints a line whenever its status reads differently, deletes it once it
// has crashed and is ready again, and makes sure that its volume went with it. A reader who leaves ends it.
package story

import (
	"cmp"
	"context"
	_ "embed"
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
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

//go:embed pod.yaml
var manifest []byte

// Manifest returns the pod of the story, with its images replaced by image unless that is empty. It is the caller's.
func Manifest(image string) (*pod.Pod, error) {
	p, err := pod.Parse(manifest)
	if err != nil {
		return nil, err
	}
	for _, c := range p.Spec.AllContainers() {
		c.Image = cmp.Or(image, c.Image)
	}
	return p, nil
}

// Stage is where the story plays.
type Stage struct {
	// Runtime runs the containers. It is not closed.
	Runtime node.Runtime
	// Dir is a folder for the pod's volumes.
	Dir string
	// Addresses gives the pod its addresses, where the runtime does not.
	Addresses node.Addresses
	// Limit is how long the story may take; zero means 25 s.
	Limit time.Duration
}

// Play runs a pod until it has crashed, recovered, and been deleted, and tells of it line by line. Nothing of it is left afterwards,
// also where ctx ends early.
func Play(ctx context.Context, out io.Writer, p *pod.Pod, stage Stage) error {
	volumes, err := disk.New(filepath.Join(stage.Dir, "volumes"))
	if err != nil {
		return err
	}
	defer volumes.Close()
	agent, err := node.New(node.Config{
		Runtime: stage.Runtime, Volumes: volumes, Addresses: stage.Addresses,
		Machine: &lifecycle.Config{HostIPs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- agent.Run(ctx) }()
	s := story{
		out: audience{out, cancel}, agent: agent, volumes: volumes, began: time.Now(), limit: cmp.Or(stage.Limit, 25*time.Second),
	}
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
	limit   time.Duration
	told    string
	deleted bool
	volume  string
}

func (s *story) tell(ctx context.Context, p *pod.Pod) error {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
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
	return s.agent.Delete(p.Key(), pod.DeleteOptions{})
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
	for line := range strings.Lines(text) {
		out += "             " + strings.TrimSuffix(line, "\n") + "\n"
	}
	return out[:max(len(out)-1, 0)]
}
