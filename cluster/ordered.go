package cluster

import (
	"cmp"
	"iter"
	"slices"
)

// ordered is a set of items in the order of their creation. Its zero value is empty. While it is ranged over it may lose
// items and gain later ones.
type ordered struct {
	slots []*item // in the place of one that was taken out an item of no shelf, with its number
	gone  int
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
	return slices.BinarySearchFunc(o.slots, seq, func(it *item, seq uint64) int { return cmp.Compare(it.seq, seq) })
}

func (o *ordered) add(it *item) {
	i, there := o.find(it.seq)
	if !there {
		o.slots = slices.Insert(o.slots, i, it)
		return
	}
	if o.slots[i].isGap() {
		o.slots[i] = it
		o.gone--
	}
}

func (o *ordered) drop(it *item) {
	i, there := o.find(it.seq)
	if !there || o.slots[i].isGap() {
		return
	}
	o.slots[i] = &item{seq: it.seq}
	if o.gone++; o.gone > 32 && o.gone > len(o.slots)/2 {
		o.slots = slices.DeleteFunc(slices.Clone(o.slots), (*item).isGap)
		o.gone = 0
	}
}

// isGap reports whether the item keeps the place of one that was taken out.
func (it *item) isGap() bool { return it.shelf == nil }

// all yields the items in order.
func (o *ordered) all() iter.Seq[*item] {
	return func(yield func(*item) bool) {
		if o == nil {
			return
		}
		slots := o.slots
		for i := range slots {
			if it := slots[i]; !it.isGap() && !yield(it) {
				return
			}
		}
	}
}
