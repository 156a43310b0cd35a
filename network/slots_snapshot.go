package network

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The body of a snapshot of slots is a state for each slot, in order, five to a
// byte as digits of base 3: 0 free, 1 held, 2 resting. A run of equal groups of
// five is one of three further byte values and the number of groups. So the
// worst mixture of a /16 takes 13,108 bytes, and a full one a handful. Who
// holds what is not in it; see Range.Adopt.
const (
	groupSize = 5
	groupMax  = 243 // 3 to the fifth, the first byte value that is no group
	// maxRestored bounds what one snapshot may bring to life: as much as an
	// IPv4 /8.
	maxRestored = 1 << 24
)

// uniform is the group in which every slot has the given state.
func uniform(state byte) byte { return state * 121 }

// groupWriter writes states one after the other.
type groupWriter struct {
	out    []byte
	group  int // the digits so far
	weight int // of the next digit; 0 stands for 1
	filled int
	run    uint64 // equal groups not yet written
	state  byte   // of the run
}

func (w *groupWriter) put(state byte) {
	if w.filled == 0 {
		w.weight = 1
	}
	w.group += int(state) * w.weight
	w.weight *= 3
	if w.filled++; w.filled == groupSize {
		w.flush()
	}
}

func (w *groupWriter) flush() {
	g := byte(w.group)
	w.group, w.filled = 0, 0
	if g%121 != 0 {
		w.endRun()
		w.out = append(w.out, g)
		return
	}
	w.extend(g/121, 1)
}

// extend adds n groups of one state.
func (w *groupWriter) extend(state byte, n uint64) {
	if state != w.state {
		w.endRun()
		w.state = state
	}
	w.run += n
}

func (w *groupWriter) endRun() {
	switch w.run {
	case 0:
	case 1:
		w.out = append(w.out, uniform(w.state))
	default:
		w.out = binary.AppendUvarint(append(w.out, groupMax+w.state), w.run)
	}
	w.run = 0
}

// add writes n slots of one state.
func (w *groupWriter) add(state byte, n uint64) {
	for ; n > 0 && w.filled > 0; n-- {
		w.put(state)
	}
	if n >= groupSize {
		w.extend(state, n/groupSize)
		n %= groupSize
	}
	for ; n > 0; n-- {
		w.put(state)
	}
}

// end fills the last group with free slots and returns all that was written.
// The free slots behind it need not be.
func (w *groupWriter) end() []byte {
	for w.filled > 0 {
		w.put(0)
	}
	w.endRun()
	return w.out
}

// appendBody appends the state of all slots to out.
func (s *slots) appendBody(out []byte) []byte {
	latest := int64(math.MinInt64)
	s.tree.all(func(_ uint64, v *slot) bool {
		if v.state == slotResting {
			latest = max(latest, v.until)
		}
		return true
	})
	out = binary.AppendUvarint(out, s.cursor)
	out = binary.AppendVarint(out, s.now)
	out = binary.AppendVarint(out, latest)
	out = binary.AppendUvarint(out, s.taken-s.resting)
	out = binary.AppendUvarint(out, s.resting)
	return s.appendGroups(out)
}

// appendGroups appends the states alone, run by run.
func (s *slots) appendGroups(out []byte) []byte {
	w := groupWriter{out: out}
	start, end, state := uint64(0), uint64(0), byte(0) // the run so far
	s.tree.all(func(i uint64, v *slot) bool {
		digit := byte(1)
		if v.state == slotResting {
			digit = 2
		}
		if i != end || digit != state {
			w.add(state, end-start)
			w.add(0, i-end)
			start, state = i, digit
		}
		end = i + 1
		return true
	})
	w.add(state, end-start)
	return w.end()
}

// slotsImage is a snapshot's body as read: what it says, and not yet believed.
type slotsImage struct {
	cursor, held, resting uint64
	now, latest           int64
	groups                []byte
}

// readBody reads what appendBody wrote for the same number of slots.
func (s *slots) readBody(r *reader) (slotsImage, error) {
	im := slotsImage{cursor: r.uvarint(), now: r.varint(), latest: r.varint(), held: r.uvarint(), resting: r.uvarint()}
	im.groups = r.left
	switch {
	case r.bad:
		return im, fmt.Errorf("%w: ends too early", ErrSnapshot)
	case im.cursor > s.size:
		return im, fmt.Errorf("%w: next slot is %d of %d", ErrSnapshot, im.cursor, s.size)
	case im.held > maxRestored || im.resting > maxRestored:
		return im, fmt.Errorf("%w: %d held and %d resting are more than %d", ErrSnapshot, im.held, im.resting, maxRestored)
	}
	return im, nil
}

// restore replaces what s knows by what a snapshot says. On an error nothing
// has changed. All that rested rests until the last of it would have, but not
// longer than it would if it had just been released.
func (s *slots) restore(r *reader) error {
	im, err := s.readBody(r)
	if err != nil {
		return err
	}
	fresh := slots{size: s.size, rest: s.rest, full: s.full, cursor: im.cursor, now: im.now}
	until := min(im.latest, saturate(im.now, s.rest))
	if err := fresh.fill(im, until); err != nil {
		return err
	}
	*s = fresh
	return nil
}

// fill takes the slots that the groups of an image name.
func (s *slots) fill(im slotsImage, until int64) error {
	r := reader{left: im.groups}
	at := uint64(0)
	for len(r.left) > 0 {
		group, n := r.run()
		if r.bad || n-1 > (s.size-at)/groupSize {
			return fmt.Errorf("%w: bad group %d bytes from the end", ErrSnapshot, len(r.left))
		}
		for k := uint64(0); group > 0 && k < n; k++ {
			if !s.fillGroup(at+k*groupSize, group, until) || s.taken > im.held+im.resting {
				return fmt.Errorf("%w: more slots than it says", ErrSnapshot)
			}
		}
		at += min(n*groupSize, s.size-at)
	}
	if s.resting != im.resting || s.restored != im.held {
		return fmt.Errorf("%w: has %d held and %d resting, says %d and %d", ErrSnapshot,
			s.restored, s.resting, im.held, im.resting)
	}
	return nil
}

// run returns the next group and how often it stands there, at least once.
func (r *reader) run() (group byte, n uint64) {
	b := r.byte()
	if b < groupMax {
		return b, 1
	}
	if n = r.uvarint(); n == 0 || b > groupMax+2 {
		r.fail()
	}
	return uniform(b - groupMax), n
}

// fillGroup takes the slots of one group; it returns false if one lies beyond
// the end.
func (s *slots) fillGroup(at uint64, group byte, until int64) bool {
	for k := uint64(0); group > 0; group, k = group/3, k+1 {
		if group%3 == 0 {
			continue
		}
		if k >= s.size-at {
			return false
		}
		s.fillSlot(at+k, group%3 == 2, until)
	}
	return true
}

func (s *slots) fillSlot(at uint64, resting bool, until int64) {
	v := s.tree.take(at)
	s.taken++
	if !resting {
		v.state = slotRestored
		s.restored++
		return
	}
	v.state, v.until = slotResting, until
	s.resting++
	s.queue.push(rested{slot: at, until: until})
}
