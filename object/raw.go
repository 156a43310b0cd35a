package object

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/podlife/podlife/pod"
)

// Raw is a JSON value that is kept as it came in. The zero value is JSON's null.
type Raw struct {
	// JSON is never written to.
	JSON []byte `json:"-"`
}

// MarshalJSON writes the value as it is, or null where there is none.
func (r Raw) MarshalJSON() ([]byte, error) {
	if r.JSON == nil {
		return []byte("null"), nil
	}
	return r.JSON, nil
}

// UnmarshalJSON keeps a copy of b; null leaves r as it is.
func (r *Raw) UnmarshalJSON(b []byte) error {
	if !bytes.Equal(b, []byte("null")) {
		r.JSON = bytes.Clone(b)
	}
	return nil
}

// MicroTime is an instant that is written to the microsecond; otherwise it is as pod.Time.
type MicroTime struct {
	time.Time
}

const microLayout = "2006-01-02T15:04:05.000000Z07:00"

// MarshalJSON writes t in UTC to the microsecond, or null if t is zero.
func (t MicroTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"` + microLayout + `"`)), nil
}

// UnmarshalJSON reads an RFC 3339 string, or null as the zero time. The result is in UTC.
func (t *MicroTime) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = MicroTime{}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("time: got %s, want a string such as \"2006-01-02T15:04:05.000000Z\"", b)
	}
	parsed, err := pod.ParseTime(s)
	if err != nil {
		return err
	}
	t.Time = parsed.Time
	return nil
}
