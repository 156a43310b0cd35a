package lifecycle

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"slices"

	"github.com/podlife/podlife/internal/pack"
	"github.com/podlife/podlife/pod"
)

// AppendBinary appends s in few bytes, about a third of its JSON. It never fails.
func (s *Saved) AppendBinary(dst []byte) ([]byte, error) {
	c := pack.Write(dst)
	s.pack(c)
	return c.Bytes(), nil
}

// UnmarshalBinary reads what AppendBinary wrote, and fails on what it did not write. Only this version of the library reads it: for
// what is kept longer than a process lives there is JSON.
func (s *Saved) UnmarshalBinary(data []byte) error {
	*s = Saved{}
	c := pack.Read(data)
	s.pack(c)
	if err := c.Err(); err != nil || len(c.Bytes()) > 0 {
		return fmt.Errorf("lifecycle: a saved machine of %d bytes: the bytes are damaged", len(data))
	}
	return nil
}

func (s *Saved) pack(c *pack.Codec) {
	pack.Int(c, &s.Version)
	pack.Text(c, &s.UID)
	pack.Time(c, &s.Now)
	pack.Time(c, &s.StartTime)
	pack.Time(c, &s.RetryAt)
	pack.Flag(c, &s.Busy)
	pack.Int(c, &s.Stage)
	pack.Int(c, &s.Flags)
	pack.Int(c, &s.BoxCount)
	pack.Int(c, &s.Box)
	pack.List(c, &s.IPs, packAddr)
	pack.Int(c, &s.DeleteGrace)
	pack.Int(c, &s.Generation)
	pack.Int(c, &s.LastAction)
	pack.Maybe(c, &s.Evicted, packEviction)
	pack.Maybe(c, &s.Resizes, packResizes)
	s.Shown.pack(c)
	pack.List(c, &s.Containers, func(c *pack.Codec, s *savedContainer) { s.pack(c) })
}

func packAddr(c *pack.Codec, a *netip.Addr) {
	b, _ := a.MarshalBinary() // it never fails
	text := string(b)
	pack.Text(c, &text)
	if c.Reading() && a.UnmarshalBinary([]byte(text)) != nil {
		c.Fail()
	}
}

func packEviction(c *pack.Codec, e *savedEviction) {
	packNote(c, &e.Note)
	pack.Maybe(c, &e.Grace, pack.Int[int64])
	pack.Time(c, &e.Since)
	pack.Flag(c, &e.Condition)
}

func packResizes(c *pack.Codec, r *savedResizes) {
	pack.Maybe(c, &r.Pending, packResize)
	pack.Maybe(c, &r.Progress, packResize)
}

func packResize(c *pack.Codec, r *savedResize) {
	pack.Time(c, &r.Since)
	pack.Time(c, &r.Told)
	pack.Int(c, &r.Generation)
	packNote(c, &r.Note)
}

func packNote(c *pack.Codec, n *savedNote) {
	pack.Text(c, &n.Reason)
	pack.Text(c, &n.Message)
}

func (s *savedPod) pack(c *pack.Codec) {
	packPhase(c, &s.Phase)
	pack.Maybe(c, &s.End, packNote)
	pack.Int(c, &s.Generation)
	for i := range s.Since {
		pack.Time(c, &s.Since[i])
	}
	for i := range s.Conditions {
		packShown(c, &s.Conditions[i])
	}
	pack.Flag(c, &s.Looked)
	pack.Flag(c, &s.Addressed)
}

// packShown packs a condition in one byte: two bits, and why.
func packShown(c *pack.Codec, s *savedCondition) {
	word := int32(s.Why) << 2
	if s.Known {
		word |= 1
	}
	if s.True {
		word |= 2
	}
	pack.Int(c, &word)
	*s = savedCondition{Known: word&1 != 0, True: word&2 != 0, Why: uint8(word >> 2)}
	if word < 0 || word>>2 > math.MaxUint8 {
		c.Fail()
	}
}

// phases are packed as their places here, counted from 1.
var phases = [...]pod.Phase{pod.Pending, pod.Running, pod.Succeeded, pod.Failed, pod.Unknown}

func packPhase(c *pack.Codec, p *pod.Phase) {
	place := slices.Index(phases[:], *p) + 1
	pack.Int(c, &place)
	switch {
	case place == 0:
		pack.Text(c, p)
	case place > len(phases) || place < 0:
		c.Fail()
	default:
		*p = phases[place-1]
	}
}

func (s *savedContainer) pack(c *pack.Codec) {
	pack.Text(c, &s.Name)
	packRun(c, &s.Cur)
	pack.Maybe(c, &s.Last, packRun)
	pack.Maybe(c, &s.Older, packRun)
	pack.Maybe(c, &s.Wait, packNote)
	pack.Maybe(c, &s.Pull, packPull)
	pack.Text(c, &s.ImageID)
	packBackOff(c, &s.BackOff)
	s.Shown.pack(c)
	pack.Int(c, &s.Removed)
	pack.Int(c, &s.Declared)
	pack.Int(c, &s.Marks)
	pack.List(c, &s.Probes, packProbe)
	pack.Maybe(c, &s.Resize, packResources)
}

func packRun(c *pack.Codec, r *savedRun) {
	pack.Text(c, &r.ID)
	pack.Maybe(c, &r.End, packNote)
	pack.Time(c, &r.Started)
	pack.Time(c, &r.Finished)
	pack.Int(c, &r.Attempt)
	pack.Int(c, &r.Exit)
	pack.Int(c, &r.Box)
	pack.Int(c, &r.State)
}

func packBackOff(c *pack.Codec, b *savedBackOff) {
	pack.Int(c, &b.Wait)
	pack.Time(c, &b.At)
}

func packPull(c *pack.Codec, p *savedPull) {
	packBackOff(c, &p.BackOff)
	pack.Text(c, &p.Image)
	pack.Time(c, &p.Failed)
	packNote(c, &p.Err)
}

func (s *savedView) pack(c *pack.Codec) {
	pack.Maybe(c, &s.Wait, packNote)
	pack.Int(c, &s.Attempt)
	pack.Int(c, &s.Of)
	pack.Int(c, &s.State)
	pack.Flag(c, &s.Ready)
	pack.Flag(c, &s.Started)
}

func packProbe(c *pack.Codec, p *savedProbe) {
	pack.Int(c, &p.Call)
	pack.Time(c, &p.Anchor)
	pack.Time(c, &p.Latest)
	pack.Int(c, &p.Attempt)
	pack.Int(c, &p.Run)
	pack.Int(c, &p.Verdict)
	pack.Flag(c, &p.Failing)
	pack.Flag(c, &p.Hold)
	pack.Flag(c, &p.Trigger)
}

// packResources writes what few pods have as JSON.
func packResources(c *pack.Codec, r *pod.ResourceRequirements) {
	var text string
	if !c.Reading() {
		b, _ := json.Marshal(r) // it never fails: quantities are texts
		text = string(b)
	}
	pack.Text(c, &text)
	if c.Reading() && json.Unmarshal([]byte(text), r) != nil {
		c.Fail()
	}
}
