package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

// story is two pods of one name, one after the other.
type story struct {
	out     io.Writer
	agent   *node.Agent
	volumes *disk.Driver
	runtime *process.Runtime
}

// life is what is kept of a pod to compare another with.
type life struct {
	pod             *pod.Pod
	uid             pod.UID
	address, volume string
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

func (s *story) tell(ctx context.Context) error {
	p, err := read()
	if err != nil {
		return err
	}
	s.say("1. A pod whose containers share a volume and a port space")
	first, err := s.live(ctx, p)
	if err != nil {
		return err
	}
	s.say("\n2. The same pod, but visitor declares the port of web")
	if err := s.clash(first.pod); err != nil {
		return err
	}
	s.say("\n3. A second pod of the same name, after the first was deleted")
	second, err := s.live(ctx, p)
	if err != nil {
		return err
	}
	if first.uid == second.uid || first.address == second.address || first.volume == second.volume {
		return fmt.Errorf("the second pod has something of the first: %s, %s, %s", second.uid, second.address, second.volume)
	}
	s.say("   checked      its UID, its address and its volume are others, and the volume was empty")
	return nil
}

// live runs a pod until visitor has ended, deletes it, and makes sure that its volume went with it.
func (s *story) live(ctx context.Context, p *pod.Pod) (life, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes := s.agent.Watch(ctx)
	if err := s.agent.Apply(p); err != nil {
		return life{}, err
	}
	var l life
	for change := range changes {
		if change.Type == node.Deleted {
			return l, s.gone(l)
		}
		if l.uid != "" {
			continue
		}
		done, err := s.visited(change.Pod)
		if err != nil {
			return l, err
		}
		if !done {
			continue
		}
		if l, err = s.met(change.Pod); err != nil {
			return l, err
		}
		if err := s.agent.Delete(p.Key(), pod.DeleteOptions{}); err != nil {
			return l, err
		}
	}
	return l, errors.New("interrupted, or too slow; everything that was started has been stopped")
}

// visited reports whether all containers but web have ended. One that did not succeed is an error.
func (s *story) visited(p *pod.Pod) (bool, error) {
	ended := 0
	for _, c := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
		t := c.State.Terminated
		if t == nil {
			continue
		}
		if t.ExitCode != 0 || c.Name == "web" {
			return false, fmt.Errorf("container %q ended with %d %s", c.Name, t.ExitCode, s.output(p, c.Name))
		}
		ended++
	}
	return ended == 2, nil
}

// output is what a container wrote.
func (s *story) output(p *pod.Pod, container string) string {
	var all []string
	for line, err := range s.agent.Logs(context.Background(), p.Key(), container, node.PodLogOptions{}) {
		if err != nil {
			return err.Error()
		}
		all = append(all, string(line.Text))
	}
	return strings.Join(all, " ")
}

// met tells of a pod at the end of its work.
func (s *story) met(p *pod.Pod) (life, error) {
	at, err := s.volumes.Path(p.UID, volume)
	l := life{pod: p, uid: p.UID, address: p.Status.PodIP, volume: at}
	if err != nil {
		return l, err
	}
	found := p.Status.InitContainerStatuses[0].State.Terminated.Message
	if !strings.HasPrefix(found, "found 0 files") {
		return l, fmt.Errorf("a new pod %s, expected none", found)
	}
	s.say("   %s/%s has the UID %s and the address %s", p.Namespace, p.Name, l.uid, l.address)
	s.say("   look    says %s", found)
	for _, c := range p.Status.ContainerStatuses {
		if t := c.State.Terminated; t != nil {
			s.say("   %-7s says %s", c.Name, t.Message)
		}
	}
	return l, s.isolated(p)
}

// isolated makes sure that the pod's network is not the machine's, unless the runtime says that it could not be helped.
func (s *story) isolated(p *pod.Pod) error {
	if warnings := s.runtime.Warnings(p.UID); len(warnings) > 0 {
		s.say("   podlife says %s", strings.Join(warnings, "; "))
		return nil
	}
	address := fmt.Sprintf("localhost:%d", p.Spec.Containers[0].Ports[0].ContainerPort)
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		return fmt.Errorf("the pod's server answers at the machine's own %s", address)
	}
	s.say("   checked      nobody listens at the machine's own %s", address)
	return nil
}

// gone makes sure that nothing of a deleted pod's volume is left.
func (s *story) gone(l life) error {
	if _, err := os.Stat(l.volume); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the volume %s outlived its pod: %v", l.volume, err)
	}
	mounted, err := s.volumes.Mounted()
	if err != nil || len(mounted) > 0 {
		return fmt.Errorf("volumes of %q are left: %w", mounted, err)
	}
	s.say("   deleted      the pod, its processes and its volume are gone")
	return nil
}

// clash shows what podlife says of two containers that want one port, without starting anything. Kubernetes accepts such a
// pod, and which of the two fails depends on who listens first.
func (s *story) clash(p *pod.Pod) error {
	p = p.Clone()
	p.Spec.Containers[1].Ports = p.Spec.Containers[0].Ports
	clashes := network.Clashes(p)
	if len(clashes) != 1 || !errors.Is(clashes[0], network.ErrPortTaken) {
		return fmt.Errorf("clashes are %v, expected one", clashes)
	}
	for _, name := range []string{`"web"`, `"visitor"`} {
		if !strings.Contains(clashes[0].Error(), name) {
			return fmt.Errorf("%w: expected the name of container %s", clashes[0], name)
		}
	}
	s.say("   podlife says %v", clashes[0])
	return nil
}
