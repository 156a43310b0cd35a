package pod_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"unsafe"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// quantityRow is one line of quantities.jsonl.gz.
type quantityRow struct {
	S         string
	OK        bool
	Canonical string
	String    string
	Format    string
	Value     *int64
	Milli     *int64
	Dec       string
	Sign      int
	Rounded   string
}

func TestQuantityCorpus(t *testing.T) {
	eachCorpusLine(t, "quantities.jsonl.gz", func(line []byte) {
		var row quantityRow
		require.NoError(t, json.Unmarshal(line, &row))
		q, err := pod.ParseQuantity(row.S)
		if !row.OK {
			require.Error(t, err, "%q", row.S)
			return
		}
		require.NoError(t, err)
		require.Equal(t, row.Canonical, q.Canonical(), "canonical form of %q", row.S)
		require.Equal(t, orElse(row.String, row.Canonical), q.String(), "string of %q", row.S)
		require.Equal(t, row.Format, q.Format().String(), "format of %q", row.S)
		require.Equal(t, row.Dec, decimal(q), "exact value of %q", row.S)
		require.Equal(t, row.Sign, q.Sign(), "sign of %q", row.S)
		require.Equal(t, orElse(row.Rounded, row.Canonical), q.RoundUp(pod.Milli).Canonical(), "%q rounded", row.S)
		if row.Value != nil {
			require.Equal(t, *row.Value, q.Value(), "value of %q", row.S)
		}
		if row.Milli != nil {
			require.Equal(t, *row.Milli, q.MilliValue(), "milli value of %q", row.S)
		}
	})
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// decimal writes q in full, without an exponent.
func decimal(q pod.Quantity) string {
	n, scale := q.Unscaled()
	minus := ""
	if n.Sign() < 0 {
		minus = "-"
	}
	digits := n.Abs(n).String()
	if scale >= 0 {
		if n.Sign() != 0 {
			digits += strings.Repeat("0", int(scale))
		}
		return minus + digits
	}
	if pad := int(-scale) + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	point := len(digits) + int(scale)
	return minus + digits[:point] + "." + digits[point:]
}

func TestQuantityErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                        `quantity "": at offset 0: want a digit`,
		"abc":                     `quantity "abc": at offset 0: want a sign or a digit`,
		"1Z":                      `quantity "1Z": at offset 1: want the end, or a suffix out of n u m k M G T P E Ki Mi Gi Ti Pi Ei, or e and an exponent`,
		"100 ":                    `quantity "100 ": at offset 3: want the end, or a suffix out of n u m k M G T P E Ki Mi Gi Ti Pi Ei, or e and an exponent`,
		"1.5.5":                   `quantity "1.5.5": at offset 3: want the end, or a suffix out of n u m k M G T P E Ki Mi Gi Ti Pi Ei, or e and an exponent`,
		"1.5ee1":                  `quantity "1.5ee1": at offset 4: want an exponent, which is an integer of 64 bits`,
		"-2e+":                    `quantity "-2e+": at offset 3: want an exponent, which is an integer of 64 bits`,
		"-.e-10":                  `quantity "-.e-10": at offset 1: want a digit`,
		strings.Repeat("9", 4097): `quantity "` + strings.Repeat("9", 120) + `...": at offset 0: want 4096 digits at most, leading zeros aside`,
		"1e99999999999999999999":  `quantity "1e99999999999999999999": at offset 2: want an exponent, which is an integer of 64 bits`,
	} {
		_, err := pod.ParseQuantity(in)
		require.EqualError(t, err, want)
	}
}

func TestQuantityOperators(t *testing.T) {
	q := pod.MustParseQuantity
	for _, tc := range []struct {
		name string
		got  pod.Quantity
		want string
	}{
		{"add", q("1500m").Add(q("0.5")), "2"},
		{"add keeps the first format", q("1Gi").Add(q("1G")), "2073741824"},
		{"zero takes the other's format", q("0").Add(q("1Gi")), "1Gi"},
		{"add forgets the spelling", q("0").Add(q("+1n")), "1n"},
		{"add beyond 64 bits", q("9223372036854775807").Add(q("1")), "9223372036854775808"},
		{"add of far apart amounts", q("1e9000").Add(q("1n")), "1e9000"},
		{"sub", q("1Gi").Sub(q("512Mi")), "512Mi"},
		{"sub below zero", q("1").Sub(q("1500m")), "-500m"},
		{"sub to zero", q("1Gi").Sub(q("1Gi")), "0"},
		{"neg", q("-1.5Gi").Neg(), "1536Mi"},
		{"neg of the smallest", pod.NewQuantity(math.MinInt64, pod.DecimalSI).Neg(), "9223372036854775808"},
		{"mul", q("250m").Mul(6), "1500m"},
		{"mul beyond 64 bits", q("9223372036854775807").Mul(-10), "-92233720368547758070"},
		{"mul by zero", q("1Gi").Mul(0), "0"},
		{"round up", q("1n").RoundUp(pod.Milli), "1m"},
		{"round down to more negative", q("-1500m").RoundUp(0), "-2"},
		{"round of a wide one", q("12345678901234567890123n").RoundUp(0), "12345678901235"},
		{"round of what is round", q("+1").RoundUp(pod.Milli), "+1"},
		{"format", q("+1Gi").WithFormat(pod.DecimalSI), "1073741824"},
		{"milli", pod.NewMilliQuantity(1500, pod.DecimalSI), "1500m"},
		{"scaled", pod.NewScaledQuantity(15, pod.Giga), "15G"},
		{"binary beyond an exbi", pod.NewBigQuantity(new(big.Int).Lsh(big.NewInt(1), 80), 0, pod.BinarySI), "1048576Ei"},
	} {
		require.Equal(t, tc.want, tc.got.String(), tc.name)
	}
}

func TestQuantityCompares(t *testing.T) {
	q := pod.MustParseQuantity
	ordered := []string{"-1e30", "-18446744073709551616", "-1", "-1n", "0", "1n", "999u", "1m", "999m", "1", "1001m", "1k", "1Ki",
		"9223372036854775807", "9223372036854775808", "1e30", "123456789012345678901234567890123", "1e40", "1e2000000000"}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, q(a).Cmp(q(b)), "%s and %s", a, b)
			require.Equal(t, want == 0, q(a) == q(b), "%s and %s", a, b)
		}
	}
	require.True(t, q("1") == q("1000m"))
	require.True(t, q("1.5Gi") == q("1536Mi"))
	require.False(t, q("1") == q("1e0"))
	require.True(t, q("1").Equal(q("1e0")))
	require.True(t, q("0").IsZero() && q("-0").IsZero() && pod.Quantity{} == q("0"))
}

func TestQuantityValues(t *testing.T) {
	q := pod.MustParseQuantity
	require.EqualValues(t, 2, q("1001m").Value())
	require.EqualValues(t, -2, q("-1001m").Value())
	require.EqualValues(t, 1, q("1n").MilliValue())
	require.EqualValues(t, math.MaxInt64, q("1e19").Value())
	require.EqualValues(t, math.MinInt64, q("-1e1000000000").Value())
	require.EqualValues(t, 17, q("1.5Gi").ScaledValue(8))
	require.EqualValues(t, -549755813888, q("-0.5Ti").Neg().Neg().Value(), "arithmetic gives the true value")
	require.Zero(t, q("-12345678901234567890e2000000000").Value(), "wraps to nothing")
	require.EqualValues(t, math.MinInt64, q("-12345678901234567890e2000000000").RoundUp(0).Neg().Neg().Value())
	require.Equal(t, 1.5, q("1500m").Float64())
	require.Equal(t, math.Inf(-1), q("-1e1000000000").Float64())
}

func TestQuantityIsSmallAndParsesWithoutAllocating(t *testing.T) {
	require.EqualValues(t, 24, unsafe.Sizeof(pod.Quantity{}))
	for _, s := range []string{"0", "1", "100m", "1Gi", "1.5Gi", "0.5", "128974848", "129e6", "-3.14159", "0.1Pi", "9223372036854775807n"} {
		require.Zero(t, testing.AllocsPerRun(100, func() { pod.MustParseQuantity(s) }), s)
	}
}

func TestQuantityJSON(t *testing.T) {
	for in, want := range map[string]string{
		`"1Gi"`: `"1Gi"`, `1`: `"1"`, `0.5`: `"500m"`, `1e3`: `"1e3"`, `" 2 "`: `"2"`, `null`: `"0"`, `"+1n"`: `"+1n"`, `-1.5E+2`: `"-150"`,
	} {
		var q pod.Quantity
		require.NoError(t, json.Unmarshal([]byte(in), &q), in)
		got, err := json.Marshal(q)
		require.NoError(t, err)
		require.Equal(t, want, string(got), in)
	}
	for _, in := range []string{`true`, `{}`, `"1 Gi"`, `[]`, `""`} {
		require.Error(t, json.Unmarshal([]byte(in), new(pod.Quantity)), in)
	}
}

func FuzzQuantity(f *testing.F) {
	for _, s := range []string{"1.5Gi", "-0.5Ti", "1e4294967296", "1e-2147483648", "+1n", "123456789012345678901234567890.5", ".Pi", "2.125", "1000E",
		"-12345678901234567890e2000000000", "9" + strings.Repeat("0", 5000), strings.Repeat("0", 5000) + "9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := pod.ParseQuantity(s)
		if err != nil {
			fault := err.(*pod.QuantityError)
			require.Equal(t, s, fault.Input)
			require.LessOrEqual(t, fault.Offset, len(s))
			return
		}
		require.Zero(t, q.Cmp(q.Neg().Neg()))
		require.True(t, q.Sub(q).IsZero())
		require.GreaterOrEqual(t, q.RoundUp(0).Cmp(q)*q.Sign(), 0)
		q.Value()
		if n, scale := q.Unscaled(); scale <= pod.Exa {
			again, err := pod.ParseQuantity(q.String())
			require.NoError(t, err)
			require.Zero(t, again.Cmp(q), "%s printed as %s", n, q)
			require.Equal(t, q.Canonical(), again.Canonical())
		}
	})
}

func BenchmarkParseQuantity(b *testing.B) {
	for _, s := range []string{"100m", "1Gi", "1.5Gi", "0.5", "128974848"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pod.MustParseQuantity(s)
			}
		})
	}
}
