package pod

import (
	"encoding/json"
	"fmt"
	"time"
)

// Time is an instant as the API writes it: RFC 3339, in UTC, cut to whole seconds; the zero Time is JSON's null.
//
// A Time made in Go keeps its fraction of a second and its location until it is written. Compare with Equal, not
// with ==, which also compares the location.
type Time struct {
	time.Time
}

// NewTime wraps t, as it is.
func NewTime(t time.Time) Time { return Time{Time: t} }

// Equal reports whether t and u are the same instant.
func (t Time) Equal(u Time) bool { return t.Time.Equal(u.Time) }

// MarshalJSON writes t in UTC to the second, or null if t is zero.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	b := make([]byte, 0, len(time.RFC3339)+2)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339)
	return append(b, '"'), nil
}

// UnmarshalJSON reads an RFC 3339 string, or null as the zero Time. The result is in UTC.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("time: got %s, want a string such as \"2006-01-02T15:04:05Z\"", b)
	}
	parsed, err := ParseTime(s)
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// ParseTime reads an RFC 3339 time, fraction and offset included. The result is in UTC.
func ParseTime(s string) (Time, error) {
	p, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Time{}, fmt.Errorf("time %q: want RFC 3339, such as \"2006-01-02T15:04:05Z\"", s)
	}
	return Time{Time: p.UTC()}, nil
}
