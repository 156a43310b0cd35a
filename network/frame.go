package network

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// snapshotVersion is the version written; no other is read.
const snapshotVersion = 1

// The kinds of snapshot, one letter each.
const (
	frameRange   = 'a'
	frameSubnets = 's'
	framePool    = 'l'
	framePorts   = 'p'
	frameHost    = 'h'
)

const frameMagic = "pln"

// crcTable is Castagnoli's polynomial, which finds every error of up to three
// bits in a snapshot of any length used here.
var crcTable = crc32.MakeTable(crc32.Castagnoli)

// seal puts a snapshot's body into a frame: "pln", the kind, the version, the
// body, and the CRC-32C of all that, big-endian.
func seal(kind byte, body []byte) []byte {
	out := append([]byte(frameMagic), kind, snapshotVersion)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.Checksum(out, crcTable))
}

// unseal returns the body of a frame after checking all the rest.
func unseal(kind byte, frame []byte) ([]byte, error) {
	head := len(frameMagic) + 2
	switch {
	case len(frame) < head+4:
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrSnapshot, len(frame))
	case string(frame[:len(frameMagic)]) != frameMagic:
		return nil, fmt.Errorf("%w: starts with %q, expected %q", ErrSnapshot, frame[:len(frameMagic)], frameMagic)
	case crc32.Checksum(frame[:len(frame)-4], crcTable) != binary.BigEndian.Uint32(frame[len(frame)-4:]):
		return nil, fmt.Errorf("%w: checksum of %d bytes does not match", ErrSnapshot, len(frame))
	case frame[head-1] != snapshotVersion:
		return nil, fmt.Errorf("%w: version %d, expected %d", ErrSnapshot, frame[head-1], snapshotVersion)
	case frame[head-2] != kind:
		return nil, fmt.Errorf("%w: kind %q, expected %q", ErrSnapshot, frame[head-2], kind)
	}
	return frame[head : len(frame)-4], nil
}

// reader takes a body apart. After the first fault it returns zeros, and bad
// says so.
type reader struct {
	left []byte
	bad  bool
}

func (r *reader) fail() { r.left, r.bad = nil, true }

func (r *reader) byte() byte {
	if len(r.left) == 0 {
		r.fail()
		return 0
	}
	b := r.left[0]
	r.left = r.left[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

// bytes returns the next bytes, preceded by their number; they alias the body.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.left)) {
		r.fail()
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func appendBytes(out, b []byte) []byte {
	return append(binary.AppendUvarint(out, uint64(len(b))), b...)
}
