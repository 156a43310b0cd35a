package pod

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// IntOrString is an int32 or a string, and remembers which of the two was written: 8080 and "8080" differ.
// Values compare with ==. The zero value is the integer 0.
type IntOrString struct {
	str   string
	num   int32
	isStr bool
}

// FromInt returns the integer n.
func FromInt(n int32) IntOrString { return IntOrString{num: n} }

// FromString returns the string s, even where s spells a number.
func FromString(s string) IntOrString { return IntOrString{str: s, isStr: true} }

// Int returns the integer, and false if v is a string.
func (v IntOrString) Int() (int32, bool) { return v.num, !v.isStr }

// Text returns the string, and false if v is an integer.
func (v IntOrString) Text() (string, bool) { return v.str, v.isStr }

// IsString reports whether v is a string.
func (v IntOrString) IsString() bool { return v.isStr }

// String returns the string, or the integer in decimal.
func (v IntOrString) String() string {
	if v.isStr {
		return v.str
	}
	return strconv.Itoa(int(v.num))
}

// MarshalJSON writes a JSON number or a JSON string.
func (v IntOrString) MarshalJSON() ([]byte, error) {
	if v.isStr {
		return json.Marshal(v.str)
	}
	return strconv.AppendInt(nil, int64(v.num), 10), nil
}

// UnmarshalJSON reads a JSON string or an integer of 32 bits; null leaves the integer 0.
func (v *IntOrString) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*v = IntOrString{isStr: true}
		return json.Unmarshal(b, &v.str)
	}
	*v = IntOrString{}
	if err := json.Unmarshal(b, &v.num); err != nil {
		return fmt.Errorf("got %s, want a 32-bit integer or a string", b)
	}
	return nil
}
