package process

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// listenHostPorts opens a socket of the machine for each host port, which works wherever the process is that has it.
func listenHostPorts(ports []hostPort) ([]*os.File, error) {
	var files []*os.File
	for _, p := range ports {
		f, err := p.listen()
		if err != nil {
			closeAll(files)
			return nil, fmt.Errorf("host port %d (%s): %w", p.HostPort, p.Protocol, err)
		}
		files = append(files, f)
	}
	return files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// listen opens the socket of a host port.
func (p hostPort) listen() (*os.File, error) {
	address := net.JoinHostPort(p.HostIP, strconv.Itoa(int(p.HostPort)))
	switch p.Protocol {
	case "TCP":
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		return l.(*net.TCPListener).File()
	case "UDP":
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.(*net.UDPConn).File()
	}
	return nil, fmt.Errorf("protocol %q cannot be forwarded, expected TCP or UDP", p.Protocol)
}

// forwardHostPorts forwards what comes to the sockets that this shim was started with, as long as it runs.
func forwardHostPorts(q *sandboxRequest) error {
	for i, p := range q.HostPorts {
		file := os.NewFile(uintptr(shimSocket+1+i), "host port")
		to := net.JoinHostPort(podAddress(q, p.HostIP), strconv.Itoa(int(p.Port)))
		err := forward(file, strings.ToLower(p.Protocol), to)
		file.Close()
		if err != nil {
			return fmt.Errorf("host port %d (%s): %w", p.HostPort, p.Protocol, err)
		}
	}
	return nil
}

// podAddress is the pod's address for what comes to an address of the machine: of the same family where it has one.
func podAddress(q *sandboxRequest, hostIP string) string {
	host, err := netip.ParseAddr(hostIP)
	for _, text := range q.Addresses {
		if ip, bad := netip.ParseAddr(text); bad == nil && (err != nil || ip.Is6() == host.Is6()) {
			return text
		}
	}
	if len(q.Addresses) > 0 {
		return q.Addresses[0]
	}
	return "127.0.0.1"
}

// forward begins to forward what comes to a socket to an address in this program's network.
func forward(file *os.File, network, to string) error {
	if network == "udp" {
		c, err := net.FilePacketConn(file)
		if err == nil {
			go (&datagrams{from: c.(*net.UDPConn), to: to, peers: map[netip.AddrPort]net.Conn{}}).run()
		}
		return err
	}
	l, err := net.FileListener(file)
	if err == nil {
		go forwardStreams(l, to)
	}
	return err
}

// forwardStreams connects each connection that comes with one to an address.
func forwardStreams(l net.Listener, to string) {
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			time.Sleep(acceptPause)
			continue
		}
		go func() {
			defer c.Close()
			if there, err := net.DialTimeout("tcp", to, patience); err == nil {
				defer there.Close()
				join(c.(*net.TCPConn), there.(*net.TCPConn))
			}
		}()
	}
}

// join copies in both directions until both have ended.
func join(a, b *net.TCPConn) {
	var both sync.WaitGroup
	for _, way := range [...][2]*net.TCPConn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].CloseWrite()
		})
	}
	both.Wait()
}

// Bounds of what is forwarded of datagrams.
const (
	maxDatagram = 64 << 10
	peerIdle    = time.Minute // a sender that was not heard or answered for so long is forgotten
	maxPeers    = 1024        // more senders at once are not served
)

// datagrams forwards datagrams, each sender's from a socket of its own, at which the answers come.
type datagrams struct {
	from *net.UDPConn
	to   string

	mu    sync.Mutex
	peers map[netip.AddrPort]net.Conn
}

func (d *datagrams) run() {
	b := make([]byte, maxDatagram)
	for {
		n, sender, err := d.from.ReadFromUDPAddrPort(b)
		if err != nil {
			time.Sleep(acceptPause)
			continue
		}
		if c := d.peer(sender); c != nil {
			_ = c.SetReadDeadline(time.Now().Add(peerIdle))
			_, _ = c.Write(b[:n])
		}
	}
}

// peer returns the socket of a sender, nil where there can be none.
func (d *datagrams) peer(sender netip.AddrPort) net.Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.peers[sender]; c != nil || len(d.peers) == maxPeers {
		return c
	}
	c, err := net.Dial("udp", d.to)
	if err != nil {
		return nil
	}
	d.peers[sender] = c
	go d.answer(sender, c)
	return c
}

// answer sends back what comes for a sender, until nothing comes for long. That nobody listens yet ends nothing.
func (d *datagrams) answer(sender netip.AddrPort, c net.Conn) {
	b := make([]byte, maxDatagram)
	for {
		n, err := c.Read(b)
		if err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if err == nil {
			_ = c.SetReadDeadline(time.Now().Add(peerIdle))
			_, _ = d.from.WriteToUDPAddrPort(b[:n], sender)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.peers, sender)
	c.Close()
}
