package cluster

import (
	"iter"
	"slices"
)

// ordered is a set of items in the order of their creation. Its zero value is empty. While it is ranged over it may lose
// items and gain later ones.
type ordered struct {
	slots []slot
	gone  int
}

type slot struct {
	seq  uint64
	item *item // nil once taken out
}

func (o *ordered) len() int {
	if o == nil {
		return 0
	}
	return len(o.slots) - o.gone
}

func (o *ordered) find(seq uint64) (int, bool) {
	if n := len(o.slots); n == 0 || o.slots[n-1].seq < seq {
		return n, false
	}
	return slices.BinarySearchFunc(o.slots, seq, func(s slot, seq uint64) int {
		switch {
		case s.seq < seq:
			return -1
		case s.seq > seq:
			return 1
		}
		return 0
	})
}

func (o *ordered) add(it *item) {
	i, there := o.find(it.seq)
	if !there {
		o.slots = slices.Insert(o.slots, i, slot{it.seq, it})
		return
	}
	if o.slots[i].item == nil {
		o.slots[i].item = it
		o.gone--
	}
}

func (o *ordered) drop(it *item) {
	i, there := o.find(it.seq)
	if !there || o.slots[i].item == nil {
		return
	}
	o.slots[i].item = nil
	if o.gone++; o.gone > 32 && o.gone > len(o.slots)/2 {
		o.slots = slices.DeleteFunc(slices.Clone(o.slots), func(s slot) bool { return s.item == nil })
		o.gone = 0
	}
}

// all yields the items in order.
func (o *ordered) all() iter.Seq[*item] {
	return func(yield func(*item) bool) {
		if o == nil {
			return
		}
		slots := o.slots
		for i := range slots {
			if it := slots[i].item; it != nil && !yield(it) {
				return
			}
		}
	}
}
