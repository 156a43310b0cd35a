package pack_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/internal/pack"
)

type sample struct {
	at, until int64
	name      string
	tries     int32
	state     uint8
	on        bool
	next      *sample
	words     []string
}

func (s *sample) pack(c *pack.Codec) {
	pack.Time(c, &s.at)
	pack.Time(c, &s.until)
	pack.Text(c, &s.name)
	pack.Int(c, &s.tries)
	pack.Int(c, &s.state)
	pack.Flag(c, &s.on)
	pack.Maybe(c, &s.next, func(c *pack.Codec, s *sample) { s.pack(c) })
	pack.List(c, &s.words, pack.Text[string])
}

var samples = []struct {
	value sample
	bytes int
}{
	{sample{}, 8},
	{sample{at: pack.Never, until: pack.Never}, 8},
	{sample{at: 1_767_225_600_000_000_000, until: 1_767_225_600_000_000_000}, 17},
	{sample{at: 1_767_225_600_000_000_000, until: 1_767_225_610_000_000_000}, 22},
	{sample{at: math.MaxInt64, until: math.MinInt64 + 1, name: "ä", tries: -1, state: 255, on: true}, 22},
	{sample{next: &sample{tries: math.MinInt32, words: []string{"", "a"}}}, 23},
}

func TestThereAndBack(t *testing.T) {
	for _, s := range samples {
		w := pack.Write(nil)
		s.value.pack(w)
		require.Len(t, w.Bytes(), s.bytes, "%+v", s.value)
		var back sample
		r := pack.Read(w.Bytes())
		back.pack(r)
		require.NoError(t, r.Err())
		require.Empty(t, r.Bytes())
		require.Equal(t, s.value, back)
	}
}

// TestDamage cuts and changes bytes everywhere: there is an error or another value, and no panic.
func TestDamage(t *testing.T) {
	for i, s := range samples {
		w := pack.Write(nil)
		s.value.pack(w)
		for at := range w.Bytes() {
			t.Run(fmt.Sprint(i, "/", at), func(t *testing.T) {
				var back sample
				r := pack.Read(w.Bytes()[:at])
				back.pack(r)
				require.Error(t, r.Err())
				for _, b := range []byte{0x01, 0x7f, 0xff} {
					damaged := append([]byte(nil), w.Bytes()...)
					damaged[at] ^= b
					back = sample{}
					back.pack(pack.Read(damaged))
				}
			})
		}
	}
}
