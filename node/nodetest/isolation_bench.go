package nodetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// An isolation is one runtime whose pods are looked at from inside.
type isolation struct {
	*bench
	Commands
}

// pair makes a pod with two containers that do nothing, c0 and c1, and starts them. Mounts are what each container sees. A change
// of the pod is made before its sandbox is.
func (i *isolation) pair(change func(p *pod.Pod), mounts ...[]node.Mount) *pod.Pod {
	i.Helper()
	p := i.declare(forever, forever)
	p.Spec.Hostname = p.Name + "-host"
	p.Status.PodIPs = []pod.PodIP{{IP: fmt.Sprintf("10.77.0.%d", len(i.pods))}, {IP: fmt.Sprintf("fd77::%d", len(i.pods))}}
	if change != nil {
		change(p)
	}
	i.ok(i.rt.CreateSandbox(i.ctx, p))
	for n := range p.Spec.Containers {
		o := node.StartOptions{}
		if n < len(mounts) {
			o.Mounts = mounts[n]
		}
		i.launch(p, fmt.Sprintf("c%d", n), 0, o)
	}
	return p
}

// launch starts an attempt of a container with its own command, and waits until it is ready for signals.
func (i *isolation) launch(p *pod.Pod, container string, attempt int32, o node.StartOptions) {
	i.Helper()
	c := p.Spec.Container(container)
	o.Command, o.Args, o.Hostname = c.Command, c.Args, p.Spec.Hostname
	o.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
	i.ok(i.rt.StartContainer(i.ctx, p, container, attempt, o))
	i.ready(p, container, attempt)
}

// run runs a command in the newest attempt of a container and returns its output and exit code.
func (i *isolation) run(p *pod.Pod, container string, command []string) (output string, code int32) {
	i.Helper()
	newest := int32(0)
	for _, c := range i.list(p).Containers {
		if c.Name == container {
			newest = max(newest, c.Attempt)
		}
	}
	ctx, cancel := context.WithTimeout(i.ctx, patience)
	defer cancel()
	r, err := i.rt.(node.Execer).Exec(ctx, p.UID, container, newest, command)
	i.ok(err)
	return strings.TrimSpace(string(r.Output)), r.ExitCode
}

// prints runs a script that must succeed, and checks what it prints.
func (i *isolation) prints(p *pod.Pod, container, script, want string) {
	i.Helper()
	if got, code := i.run(p, container, i.Shell(script)); got != want || code != 0 {
		i.Errorf("in %s of %s, %q printed %q and exited with %d, want %q and 0", container, p.Name, script, got, code, want)
	}
}

// fails runs a script that must not succeed.
func (i *isolation) fails(p *pod.Pod, container, script string) {
	i.Helper()
	if got, code := i.run(p, container, i.Shell(script)); code == 0 {
		i.Errorf("in %s of %s, %q printed %q and succeeded, want a failure", container, p.Name, script, got)
	}
}

// serve serves a line at a port from a container, until the test's end, once it does.
func (i *isolation) serve(p *pod.Pod, container string, port int, line string) {
	i.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = i.rt.(node.Execer).Exec(ctx, p.UID, container, 0, i.Serve(port, line))
	}()
	i.Cleanup(func() {
		cancel()
		<-done
	})
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if got, code := i.run(p, container, i.Ask("127.0.0.1", port)); code == 0 && got == line {
			return
		}
		if time.Now().After(end) {
			i.Fatalf("%s of %s does not serve %q at port %d", container, p.Name, line, port)
		}
	}
}

// asks checks what is answered at an address, from inside a container. An empty want is that nobody listens there.
func (i *isolation) asks(p *pod.Pod, container, host string, port int, want string) {
	i.Helper()
	got, code := i.run(p, container, i.Ask(host, port))
	if answered := code == 0 && got != ""; answered != (want != "") || answered && got != want {
		i.Errorf("in %s of %s, %s port %d answers %q (exit code %d), want %q", container, p.Name, host, port, got, code, want)
	}
}

// ips are the addresses that the runtime shows of a pod.
func (i *isolation) ips(p *pod.Pod) []string {
	i.Helper()
	var all []string
	for _, ip := range i.list(p).IPs {
		all = append(all, ip.String())
	}
	return all
}
