// Package pack writes plain values in few bytes and reads them back. One function over a Codec does both, so that what is written and
// what is read cannot differ:
//
//	func (p *point) pack(c *pack.Codec) {
//		pack.Int(c, &p.x)
//		pack.Text(c, &p.name)
//	}
//
// With a Codec from Write the function puts the values behind each other; with one from Read it fills them in. Bytes that were not
// written by the same function give an error, or other values, never a panic and never more room than the bytes have.
package pack

import (
	"encoding/binary"
	"errors"
	"math"
)

// Codec is one pass over values, writing or reading. Its zero value writes.
type Codec struct {
	bytes   []byte
	reading bool
	damaged bool
	last    int64 // the latest time
}

// Never is the time that takes one byte, as does a time that is equal to the one before it.
const Never = math.MinInt64

// Write is a Codec that appends to dst.
func Write(dst []byte) *Codec { return &Codec{bytes: dst} }

// Read is a Codec that reads src, which it does not write to.
func Read(src []byte) *Codec { return &Codec{bytes: src, reading: true} }

// Reading reports whether the Codec fills values in.
func (c *Codec) Reading() bool { return c.reading }

// Bytes is what has been written, or what is still to be read.
func (c *Codec) Bytes() []byte { return c.bytes }

// Err says that what was read was not written by such a Codec.
func (c *Codec) Err() error {
	if c.damaged {
		return errors.New("packed bytes are damaged")
	}
	return nil
}

// Fail makes Err say that the bytes are damaged: for values that no writer has.
func (c *Codec) Fail() { c.damaged = true }

func (c *Codec) varint(v *int64) {
	if !c.reading {
		c.bytes = binary.AppendVarint(c.bytes, *v)
		return
	}
	got, n := binary.Varint(c.bytes)
	if n <= 0 {
		c.damaged, c.bytes, *v = true, nil, 0
		return
	}
	c.bytes, *v = c.bytes[n:], got
}

// Int is a whole number: one byte if it is small.
func Int[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](c *Codec, v *T) {
	wide := int64(*v)
	c.varint(&wide)
	*v = T(wide)
	if int64(*v) != wide {
		c.damaged = true
	}
}

// Flag is a bool.
func Flag(c *Codec, v *bool) {
	n := int64(0)
	if *v {
		n = 1
	}
	c.varint(&n)
	*v = n == 1
}

// How an instant is written.
const (
	timeSame  int64 = iota // as the one before it
	timeNever              // Never
	timeOther              // the distance from the one before it follows
	timeZero               // the beginning of 1970, which stands for none; the next counts from the one before
)

// Time is an instant in nanoseconds, or Never: the nearer to the one before it, the fewer bytes.
func Time(c *Codec, at *int64) {
	how := timeOther
	switch *at {
	case c.last:
		how = timeSame
	case Never:
		how = timeNever
	case 0:
		how = timeZero
	}
	c.varint(&how)
	away := *at - c.last
	switch {
	case how == timeNever:
		*at = Never
		return
	case how == timeZero:
		*at = 0
		return
	case how == timeOther:
		c.varint(&away)
	case how == timeSame:
		away = 0
	default:
		c.damaged = true
	}
	c.last += away
	*at = c.last
}

// Text is a string.
func Text[T ~string](c *Codec, v *T) {
	n := len(*v)
	Int(c, &n)
	if !c.reading {
		c.bytes = append(c.bytes, *v...)
		return
	}
	if n < 0 || n > len(c.bytes) {
		c.damaged, c.bytes, n = true, nil, 0
	}
	*v = T(c.bytes[:n])
	c.bytes = c.bytes[n:]
}

// List is a slice: its length, and what one makes of each element. An empty slice is read as nil.
func List[T any](c *Codec, list *[]T, one func(*Codec, *T)) {
	n := len(*list)
	Int(c, &n)
	if c.reading {
		*list = nil
		if n < 0 || n > len(c.bytes) {
			c.damaged = true
			return
		}
		if n > 0 {
			*list = make([]T, n)
		}
	}
	for i := range *list {
		one(c, &(*list)[i])
	}
}

// Maybe is a pointer to a value that may not be there.
func Maybe[T any](c *Codec, v **T, one func(*Codec, *T)) {
	there := *v != nil
	Flag(c, &there)
	if c.reading {
		*v = nil
		if there && !c.damaged {
			*v = new(T)
		}
	}
	if *v != nil {
		one(c, *v)
	}
}
