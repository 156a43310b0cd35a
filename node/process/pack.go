package process

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/podlife/podlife/pod"
)

// On a line, requests and answers are packed: one field after the other, in an order that never changes. A number is a varint, a flag a
// number, a text its length and its bytes, a list its length and what is in it. Newer versions add fields at the end: whoever is older
// does not read them, and what an older one did not write is zero.

// pack appends a start request with the number of its answer.
func (r *startRequest) pack(b []byte, id uint64) []byte {
	p := packer(b)
	p.number(int64(id))
	p.text(r.Container)
	p.number(int64(r.Attempt))
	p.texts(r.Argv)
	p.texts(r.Env)
	p.text(r.Dir)
	p.number(int64(len(r.Links)))
	for _, l := range r.Links {
		p.texts([]string{l.Source, l.Target})
	}
	p.number(int64(len(r.Mounts)))
	for _, m := range r.Mounts {
		p.texts([]string{m.Source, m.Target})
		p.flag(m.ReadOnly)
	}
	p.text(r.Scratch)
	p.resources(r.Resources)
	p.number(int64(r.OOMScore))
	p.text(r.LogPath)
	p.number(r.LogMaxSize)
	p.number(int64(r.LogMaxFiles))
	p.text(r.MessagePath)
	p.text(r.MessageTarget)
	p.flag(r.MessageFromLog)
	p.text(r.StopSignal)
	return p
}

// unpackStart is the opposite of pack.
func unpackStart(b []byte) (r startRequest, id uint64, err error) {
	u := unpacker{rest: b}
	id = uint64(u.number())
	r.Container, r.Attempt = u.text(), int32(u.number())
	r.Argv, r.Env, r.Dir = u.texts(), u.texts(), u.text()
	for range u.length() {
		l := u.texts()
		if len(l) != 2 {
			return r, id, errPacked
		}
		r.Links = append(r.Links, linkRequest{Source: l[0], Target: l[1]})
	}
	for range u.length() {
		m := u.texts()
		if len(m) != 2 {
			return r, id, errPacked
		}
		r.Mounts = append(r.Mounts, mountRequest{Source: m[0], Target: m[1], ReadOnly: u.flag()})
	}
	r.Scratch, r.Resources, r.OOMScore = u.text(), u.resources(), int(u.number())
	r.LogPath, r.LogMaxSize, r.LogMaxFiles = u.text(), u.number(), int(u.number())
	r.MessagePath, r.MessageTarget, r.MessageFromLog = u.text(), u.text(), u.flag()
	r.StopSignal = u.text()
	return r, id, u.err
}

// A lineAnswer says that an attempt was started, or, where PID is 0, that there is more to say than fits here: the request is to be made
// once more in the other way.
type lineAnswer struct {
	ID        uint64
	PID       int
	StartedAt time.Time
	// Serial is the number of the last change of which that is a part.
	Serial uint64
}

// pack appends the answer.
func (a lineAnswer) pack(b []byte) []byte {
	p := packer(b)
	p.number(int64(a.ID))
	p.number(int64(a.PID))
	p.number(a.StartedAt.UnixNano())
	p.number(int64(a.Serial))
	return p
}

// unpackAnswer is the opposite of pack.
func unpackAnswer(b []byte) (lineAnswer, error) {
	u := unpacker{rest: b}
	a := lineAnswer{ID: uint64(u.number()), PID: int(u.number()), StartedAt: time.Unix(0, u.number()), Serial: uint64(u.number())}
	return a, u.err
}

// A packer is a message that grows.
type packer []byte

func (p *packer) number(n int64) { *p = binary.AppendVarint(*p, n) }

func (p *packer) text(s string) {
	p.number(int64(len(s)))
	*p = append(*p, s...)
}

func (p *packer) texts(all []string) {
	p.number(int64(len(all)))
	for _, s := range all {
		p.text(s)
	}
}

func (p *packer) flag(set bool) {
	n := int64(0)
	if set {
		n = 1
	}
	p.number(n)
}

// resources packs limits as JSON, which has their names; empty are none.
func (p *packer) resources(r *pod.LinuxResources) {
	var b []byte
	if r != nil {
		b, _ = json.Marshal(r)
	}
	p.text(string(b))
}

var errPacked = errors.New("packed message: cut short, or a length that cannot be")

// An unpacker takes a message apart. After the first fault everything is zero. What is not there at all is zero too.
type unpacker struct {
	rest []byte
	err  error
}

func (u *unpacker) number() int64 {
	if u.err != nil || len(u.rest) == 0 {
		return 0
	}
	n, size := binary.Varint(u.rest)
	if size <= 0 {
		u.err, u.rest = errPacked, nil
		return 0
	}
	u.rest = u.rest[size:]
	return n
}

// length is a number of things, each of which takes a byte at least.
func (u *unpacker) length() int {
	n := u.number()
	if n < 0 || n > int64(len(u.rest)) {
		u.err, u.rest = errPacked, nil
		return 0
	}
	return int(n)
}

func (u *unpacker) text() string {
	n := u.length()
	s := string(u.rest[:n])
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) texts() []string {
	n := u.length()
	if n == 0 {
		return nil
	}
	all := make([]string, n)
	for i := range all {
		all[i] = u.text()
	}
	return all
}

func (u *unpacker) flag() bool { return u.number() != 0 }

func (u *unpacker) resources() *pod.LinuxResources {
	s := u.text()
	if s == "" {
		return nil
	}
	r := new(pod.LinuxResources)
	if err := json.Unmarshal([]byte(s), r); err != nil && u.err == nil {
		u.err = err
	}
	return r
}
