package pod

import "bytes"

// FieldsV1 is the set of fields a manager owns, kept as the raw JSON that came in and never looked into.
// The zero value is JSON's null.
type FieldsV1 struct {
	Raw []byte `json:"-"`
}

// MarshalJSON writes Raw as it is, or null where it is nil.
func (f FieldsV1) MarshalJSON() ([]byte, error) {
	if f.Raw == nil {
		return []byte("null"), nil
	}
	return f.Raw, nil
}

// UnmarshalJSON keeps a copy of b; null leaves f as it is.
func (f *FieldsV1) UnmarshalJSON(b []byte) error {
	if !bytes.Equal(b, []byte("null")) {
		f.Raw = bytes.Clone(b)
	}
	return nil
}
