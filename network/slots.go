package network

import (
	"math"
	"time"
)

// slotState is what became of a slot that is not free.
type slotState uint8

const (
	_ slotState = iota // free, which no slot of the tree is
	// slotHeld: somebody has it.
	slotHeld
	// slotResting: it was released and may not be given out yet.
	slotResting
	// slotRestored: a snapshot says that it was held; who holds it has not been
	// said since.
	slotRestored
)

// slot is one number that is not free.
type slot struct {
	holder Holder // the last holder, where it rests
	until  int64  // end of its rest in microseconds since 1970
	state  slotState
}

// slots hands out the numbers 0 to size-1: next-fit, that is, the next free one
// after the last given, round and round. A released number rests before it is
// free again. Every call takes constant time and, once the tables have grown to
// what is in use, allocates nothing.
//
// Invariants: taken = taken slots in the tree = held + restored + resting; a
// resting slot has exactly one entry in the queue with its own until; the queue
// is sorted by until; now never goes back.
type slots struct {
	tree     tree
	size     uint64
	taken    uint64
	resting  uint64
	restored uint64
	cursor   uint64
	rest     int64
	now      int64
	queue    queue
	full     error
}

func newSlots(size uint64, rest time.Duration, full error) slots {
	return slots{size: size, rest: ceilMicros(rest), now: math.MinInt64, full: full}
}

// ceilMicros rounds d up to whole microseconds, the unit of time here: it
// reaches from year 1 on, as nanoseconds do not.
func ceilMicros(d time.Duration) int64 {
	n := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		n++
	}
	return n
}

// wakeups bounds how many rested slots one call frees, so that no call pays for
// a burst of releases.
const wakeups = 4

// advance moves the clock on and frees slots that have rested. A now before the
// previous one counts as the previous one.
func (s *slots) advance(now time.Time) {
	if s.rest > 0 || s.queue.n > 0 {
		s.wake(now)
	}
}

func (s *slots) wake(now time.Time) {
	s.now = max(s.now, now.UnixMicro())
	for n := 0; s.queue.n > 0 && (n < wakeups || s.taken == s.size); n++ {
		head := s.queue.head()
		if head.until > s.now {
			return
		}
		s.queue.pop()
		if v := s.tree.get(head.slot); v != nil && v.state == slotResting && v.until == head.until {
			s.resting--
			s.drop(head.slot)
		}
	}
}

// drop makes slot i free.
func (s *slots) drop(i uint64) {
	s.tree.free(i)
	s.taken--
}

// acquire gives h the next free slot.
func (s *slots) acquire(now time.Time, h Holder) (uint64, error) {
	if h.UID == "" {
		return 0, errNobody
	}
	s.advance(now)
	if s.taken == s.size {
		return 0, s.full
	}
	i, v := s.tree.takeNext(s.cursor, s.size)
	s.cursor = i + 1
	v.holder, v.state = h, slotHeld
	s.taken++
	return i, nil
}

// put gives the free slot i to h.
func (s *slots) put(i uint64, h Holder) {
	v := s.tree.take(i)
	v.holder, v.state = h, slotHeld
	s.taken++
}

// noSlot stands for a free slot where one is in the way of a release.
var noSlot slot

// acquireAt gives h slot i. Where that fails it returns what stands in the way,
// otherwise nil.
func (s *slots) acquireAt(now time.Time, i uint64, h Holder) *slot {
	s.advance(now)
	v := s.tree.get(i)
	if v == nil {
		s.put(i, h)
		return nil
	}
	mine := v.holder.UID == h.UID
	if v.state == slotHeld && mine {
		return nil
	}
	if v.state == slotResting && (mine || v.until <= s.now) {
		s.seize(v, h)
		return nil
	}
	return v
}

// adopt gives h slot i because h has it already: only another holder stands in
// the way.
func (s *slots) adopt(now time.Time, i uint64, h Holder) *slot {
	if v := s.tree.get(i); v != nil && v.state != slotHeld {
		s.seize(v, h)
	}
	return s.acquireAt(now, i, h)
}

// seize gives the slot v, which rests or was restored, to h. An entry of v in
// the queue is stale from now on.
func (s *slots) seize(v *slot, h Holder) {
	if v.state == slotResting {
		s.resting--
	} else {
		s.restored--
	}
	*v = slot{holder: h, state: slotHeld}
}

// release takes slot i from h. Where h does not hold it, it returns who does.
// Releasing a slot that rests after h's own use is done already and succeeds.
func (s *slots) release(now time.Time, i uint64, h Holder) *slot {
	s.advance(now)
	v := s.tree.get(i)
	switch {
	case v == nil:
		return &noSlot
	case v.holder.UID != h.UID:
		return v
	case v.state != slotHeld:
	case s.rest == 0:
		s.drop(i)
	default:
		s.retire(i, v)
	}
	return nil
}

// retire lets slot i rest.
func (s *slots) retire(i uint64, v *slot) {
	v.state = slotResting
	v.until = saturate(s.now, s.rest)
	s.resting++
	s.queue.push(rested{slot: i, until: v.until})
}

// saturate returns a+b for b >= 0, at most the largest int64.
func saturate(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// settle releases every slot that a snapshot brought and nobody adopted, and
// says how many there were.
func (s *slots) settle(now time.Time) int {
	s.advance(now)
	var left []uint64
	s.tree.all(func(i uint64, v *slot) bool {
		if v.state == slotRestored {
			left = append(left, i)
		}
		return true
	})
	for _, i := range left {
		s.restored--
		if s.rest == 0 {
			s.drop(i)
		} else {
			s.retire(i, s.tree.get(i))
		}
	}
	return len(left)
}

// usage counts the slots.
func (s *slots) usage() Usage {
	return Usage{
		Size:    s.size,
		Held:    s.taken - s.resting - s.restored,
		Resting: s.resting,
		Unknown: s.restored,
	}
}

// Usage counts the addresses, or subnets, of a range.
type Usage struct {
	// Size is how many there are to give, without the reserved ones.
	Size uint64
	// Held is how many have a holder.
	Held uint64
	// Resting is how many were released and not yet given back to the free
	// ones. Some of these may have rested long enough; they count here until a
	// later call looks at them.
	Resting uint64
	// Unknown is how many a snapshot says are held and nobody has adopted.
	Unknown uint64
}

// Free is how many are neither held, resting nor unknown.
func (u Usage) Free() uint64 { return u.Size - u.Held - u.Resting - u.Unknown }

// rested is a slot in the queue of those that rest.
type rested struct {
	slot  uint64
	until int64
}

// queue is a first-in first-out ring. The zero value is empty.
type queue struct {
	ring  []rested // its length is a power of two, or zero
	start int
	n     int
}

func (q *queue) head() rested { return q.ring[q.start] }

func (q *queue) pop() {
	q.start = (q.start + 1) & (len(q.ring) - 1)
	q.n--
}

func (q *queue) push(r rested) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.start+q.n)&(len(q.ring)-1)] = r
	q.n++
}

func (q *queue) grow() {
	bigger := make([]rested, max(16, 2*len(q.ring)))
	for i := range q.n {
		bigger[i] = q.ring[(q.start+i)&(len(q.ring)-1)]
	}
	q.ring, q.start = bigger, 0
}
