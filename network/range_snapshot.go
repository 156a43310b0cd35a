package network

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Snapshot returns which addresses are held and which rest: versioned, with a
// checksum, and never more than 13,200 bytes for a /16. It does not say who
// holds them.
func (r *Range) Snapshot() []byte {
	return seal(frameRange, r.appendBody(r.appendShape(nil)))
}

// Restore replaces everything r knows by a snapshot of a range with the same
// prefix and the same reserved addresses. Addresses that were held are kept
// back, with no holder known, until Adopt gives them one or Settle releases
// them. What rested rests at most as long as if it had been released when the
// snapshot was made. A damaged snapshot is an error that wraps ErrSnapshot, and
// r is as before.
func (r *Range) Restore(snapshot []byte) error {
	body, err := unseal(frameRange, snapshot)
	if err != nil {
		return err
	}
	shape := r.appendShape(nil)
	if !bytes.HasPrefix(body, shape) {
		return fmt.Errorf("%w: made for another range than %q, or with other addresses reserved", ErrSnapshot, r.prefix)
	}
	return r.restore(&reader{left: body[len(shape):]})
}

// appendShape appends what two ranges must have in common for a snapshot of one
// to fit the other.
func (r *Range) appendShape(out []byte) []byte {
	out = appendBytes(out, []byte(r.prefix.String()))
	out = binary.AppendUvarint(out, uint64(len(r.layout.runs)))
	for _, u := range r.layout.runs {
		out = binary.AppendUvarint(binary.AppendUvarint(out, u.first), u.last)
	}
	return out
}
