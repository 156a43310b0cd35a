package network

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/podlife/podlife/pod"
)

// A snapshot of ports has their number and then each in order: its key, its
// address, and the texts that name its owner. A text is written once; where it
// comes again it is a number.

// textWriter writes ports.
type textWriter struct {
	out  []byte
	seen map[string]uint64
}

func newTextWriter(n int) *textWriter {
	return &textWriter{out: binary.AppendUvarint(nil, uint64(n)), seen: make(map[string]uint64)}
}

func (w *textWriter) text(s string) {
	k, again := w.seen[s]
	if again {
		w.out = binary.AppendUvarint(w.out, k)
		return
	}
	w.seen[s] = uint64(len(w.seen)) + 1
	w.out = appendBytes(append(w.out, 0), []byte(s))
}

func (w *textWriter) port(k portKey, a netip.Addr) {
	w.out = binary.AppendUvarint(w.out, uint64(k))
	b, _ := a.MarshalBinary() // never fails
	w.out = appendBytes(w.out, b)
}

// textReader reads what textWriter wrote.
type textReader struct {
	reader
	seen []string
}

func (r *textReader) text() string {
	k := r.uvarint()
	if k == 0 {
		r.seen = append(r.seen, string(r.bytes()))
		k = uint64(len(r.seen))
	}
	if k > uint64(len(r.seen)) {
		r.fail()
		return ""
	}
	return r.seen[k-1]
}

func (r *textReader) port() Port {
	k := r.uvarint()
	var a netip.Addr
	if a.UnmarshalBinary(r.bytes()) != nil || k>>32 != 0 {
		r.fail()
	}
	p := portKey(k).port(a)
	if p.key() != portKey(k) || k == 0 {
		r.fail()
	}
	return p
}

// Snapshot returns all that is known of the ports and who has them: versioned,
// with a checksum. Pod and Dynamic are not in it.
func (s *PortSpace) Snapshot() []byte {
	w := newTextWriter(s.table.n)
	for p, container := range s.All {
		w.port(p.key(), p.Addr)
		w.text(container)
	}
	for _, c := range s.cursor {
		w.out = binary.AppendUvarint(w.out, uint64(c))
	}
	return seal(framePorts, w.out)
}

// Restore replaces all that s knows, but for Pod and Dynamic, by a snapshot of
// a PortSpace. A damaged snapshot is an error that wraps ErrSnapshot, and s is
// as before.
func (s *PortSpace) Restore(snapshot []byte) error {
	body, err := unseal(framePorts, snapshot)
	if err != nil {
		return err
	}
	fresh := PortSpace{Pod: s.Pod, Dynamic: s.Dynamic}
	r := textReader{reader: reader{left: body}}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		if p := r.port(); !r.bad && fresh.Reserve(p, r.text()) != nil {
			return fmt.Errorf("%w: port %s is in it twice", ErrSnapshot, p)
		}
	}
	for k := range fresh.cursor {
		fresh.cursor[k] = uint16(r.uvarint())
	}
	if r.bad || !bytes.Equal(fresh.Snapshot(), snapshot) {
		return fmt.Errorf("%w: %d bytes are not as they were written", ErrSnapshot, len(snapshot))
	}
	*s = fresh
	return nil
}

// Snapshot returns all host ports and who has them: versioned, with a checksum.
// DualStack is not in it.
func (h *HostPorts) Snapshot() []byte {
	w := newTextWriter(h.table.n)
	for p, o := range h.All {
		w.port(p.key(), p.Addr)
		w.text(string(o.UID))
		w.text(o.Name)
		w.text(o.Container)
	}
	return seal(frameHost, w.out)
}

// Restore replaces all that h knows, but for DualStack, by a snapshot of
// HostPorts. A damaged snapshot is an error that wraps ErrSnapshot, and h is as
// before.
func (h *HostPorts) Restore(snapshot []byte) error {
	body, err := unseal(frameHost, snapshot)
	if err != nil {
		return err
	}
	fresh := HostPorts{DualStack: h.DualStack}
	r := textReader{reader: reader{left: body}}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		p := r.port()
		o := Owner{Holder{pod.UID(r.text()), r.text()}, r.text()}
		if !r.bad {
			fresh.add(claim{p, o})
		}
	}
	if r.bad || !bytes.Equal(fresh.Snapshot(), snapshot) {
		return fmt.Errorf("%w: %d bytes are not as they were written", ErrSnapshot, len(snapshot))
	}
	*h = fresh
	return nil
}
