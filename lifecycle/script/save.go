package script

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/podlife/podlife/internal/pack"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// Save appends the state of the life in few bytes, for Resume: so a driver can keep very many lives that wait. It does so only at
// rest; false says that something is in flight or about to be told, and dst is as before.
func (l *Life) Save(dst []byte) ([]byte, bool) {
	m := l.Machine.Save()
	if m.Busy || !l.Engine.rests() {
		return dst, false
	}
	l.Engine.shorten(&m)
	c := pack.Write(dst)
	packTime(c, &l.wake)
	l.Engine.pack(c)
	out, err := m.AppendBinary(c.Bytes())
	return out, err == nil
}

// Resume makes the life that Save was called on: with p, cfg, s and node as they were then it goes on as that one would, once its
// Watch and Between are set. It fails on bytes that Save did not write, or wrote for a pod of other containers.
func Resume(p *pod.Pod, cfg *lifecycle.Config, s *Script, node Node, saved []byte) (*Life, error) {
	l := &Life{Engine: New(p, s, node)}
	l.Engine.news = false
	c := pack.Read(saved)
	packTime(c, &l.wake)
	l.Engine.pack(c)
	if c.Err() != nil {
		return nil, errors.New("script: a saved life: the bytes are damaged or of another pod")
	}
	var m lifecycle.Saved
	if err := m.UnmarshalBinary(c.Bytes()); err != nil {
		return nil, err
	}
	l.Engine.lengthen(&m)
	var err error
	l.Machine, err = lifecycle.Restore(p, cfg, m, nil)
	return l, err
}

// seenToo stands for an ID that the engine has as well.
const seenToo = "="

// shorten takes out of a machine what the pod and the engine say.
func (e *Engine) shorten(m *lifecycle.Saved) {
	m.UID = ""
	for i := range m.Containers {
		c := &m.Containers[i]
		s := e.attemptOf(c.Name, c.Cur.Attempt)
		if s == nil {
			continue
		}
		if s.ID == c.Cur.ID {
			c.Cur.ID = seenToo
		}
		if s.ImageID == c.ImageID {
			c.ImageID = seenToo
		}
	}
}

// lengthen puts back what shorten took out.
func (e *Engine) lengthen(m *lifecycle.Saved) {
	m.UID = e.pod.UID
	for i := range m.Containers {
		c := &m.Containers[i]
		s := e.attemptOf(c.Name, c.Cur.Attempt)
		if s == nil {
			continue
		}
		if c.Cur.ID == seenToo {
			c.Cur.ID = s.ID
		}
		if c.ImageID == seenToo {
			c.ImageID = s.ImageID
		}
	}
}

// attemptOf is what is seen of an attempt of a container, or nil.
func (e *Engine) attemptOf(container string, attempt int32) *lifecycle.SeenContainer {
	for i := range e.seen.Containers {
		if s := &e.seen.Containers[i]; s.Name == container && s.Attempt == attempt {
			return s
		}
	}
	return nil
}

// rests reports whether the engine would show nothing, and nobody waits for an answer.
func (e *Engine) rests() bool {
	if e.news || len(e.seen.IPs) > 0 && !slices.Equal(e.seen.IPs, e.node.IPs) {
		return false
	}
	return !slices.ContainsFunc(e.pending, func(h happening) bool { return h.kind == answers })
}

func (e *Engine) pack(c *pack.Codec) {
	pack.Int(c, &e.boxes)
	pack.Int(c, &e.seq)
	for i := range e.containers {
		e.containers[i].pack(c)
	}
	e.packPulled(c)
	pack.List(c, &e.pending, e.packHappening)
	e.packSeen(c)
}

func (p *player) pack(c *pack.Codec) {
	pack.Int(c, &p.pulls)
	if len(p.part.Resize) > 0 {
		pack.Int(c, &p.resizes)
	}
	pack.Int(c, &p.tries)
	pack.Int(c, &p.current)
	packTime(c, &p.started)
	pack.Flag(c, &p.stopped)
	pack.Maybe(c, &p.forced, pack.Flag)
}

// packPulled packs which images have been pulled, in a stated order.
func (e *Engine) packPulled(c *pack.Codec) {
	images := sortedKeys(e.pulled)
	pack.List(c, &images, pack.Text[string])
	if c.Reading() {
		for _, image := range images {
			e.pulled[image] = true
		}
	}
}

func (e *Engine) packHappening(c *pack.Codec, h *happening) {
	packTime(c, &h.at)
	pack.Int(c, &h.seq)
	pack.Int(c, &h.kind)
	pack.Int(c, &h.player)
	if h.player < -1 || h.player >= len(e.containers) {
		c.Fail()
	}
	packRun(c, &h.run)
	pack.Flag(c, &h.ready)
}

func packRun(c *pack.Codec, r *Run) {
	if zero := *r == (Run{}); packFlag(c, zero) {
		return
	}
	pack.Int(c, &r.For)
	pack.Int(c, &r.Exit)
	pack.Flag(c, &r.Forever)
	pack.Text(c, &r.Reason)
	pack.Text(c, &r.Message)
	pack.Text(c, &r.Log)
	pack.Text(c, &r.CreateError)
	pack.Text(c, &r.StartError)
}

// packFlag packs a bool that is worked out, and returns it.
func packFlag(c *pack.Codec, is bool) bool {
	pack.Flag(c, &is)
	return is
}

func (e *Engine) packSeen(c *pack.Codec) {
	s := &e.seen
	pack.Int(c, &s.Sandbox)
	pack.Flag(c, &s.Volumes)
	if packFlag(c, len(s.IPs) > 0) {
		s.IPs = append([]netip.Addr(nil), e.node.IPs...)
	}
	pack.List(c, &s.MissingImages, pack.Text[string])
	pack.List(c, &s.Containers, e.packContainer)
}

// packContainer packs what is seen of an attempt. Its ID follows from the names, and that of its image does unless the spec has another image by now.
func (e *Engine) packContainer(c *pack.Codec, s *lifecycle.SeenContainer) {
	player := e.find(s.Name)
	pack.Int(c, &player)
	if player < 0 || player >= len(e.containers) {
		c.Fail()
		return
	}
	pack.Int(c, &s.Attempt)
	pack.Int(c, &s.State)
	packTime(c, &s.StartedAt)
	packTime(c, &s.FinishedAt)
	pack.Int(c, &s.ExitCode)
	pack.Text(c, &s.Reason)
	pack.Text(c, &s.Message)
	pack.Maybe(c, &s.Ready, pack.Flag)
	own := &e.containers[player]
	if c.Reading() {
		s.Name, s.ID = own.name, e.id(own.name, s.Attempt)
	}
	if id := imageID(own.spec.Image); packFlag(c, s.ImageID == id) {
		s.ImageID = id
	} else {
		pack.Text(c, &s.ImageID)
	}
}

// packTime packs an instant; the zero Time is one of its own.
func packTime(c *pack.Codec, t *time.Time) {
	at := int64(pack.Never)
	if !t.IsZero() {
		at = t.UnixNano()
	}
	pack.Time(c, &at)
	if c.Reading() {
		*t = time.Time{}
		if at != pack.Never {
			*t = time.Unix(0, at).UTC()
		}
	}
}
