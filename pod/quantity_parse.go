package pod

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
	"unique"
)

// QuantityError tells where a string stops being a quantity.
type QuantityError struct {
	Input  string // the whole string
	Offset int    // byte offset of the fault
	Want   string // what could stand there
}

// Error returns one sentence with the input, cut where it is long, the offset and what was expected.
func (e *QuantityError) Error() string {
	return fmt.Sprintf("quantity %s: at offset %d: want %s", quoteCut(e.Input), e.Offset, e.Want)
}

const (
	wantDigit       = "a digit"
	wantFewerDigits = "4096 digits at most, leading zeros aside"
	wantSuffix      = "the end, or a suffix out of n u m k M G T P E Ki Mi Gi Ti Pi Ei, or e and an exponent"
)

// MustParseQuantity is ParseQuantity for strings known to be good; it panics on others.
func MustParseQuantity(s string) Quantity {
	q, err := ParseQuantity(s)
	if err != nil {
		panic(err)
	}
	return q
}

// ParseQuantity reads a sign, decimal digits with or without a point, and a suffix: n u m k M G T P E, Ki Mi Gi Ti
// Pi Ei, or e or E and a decimal exponent. An error is a *QuantityError.
//
// More than 4096 digits are refused, which Kubernetes does not do. As there, the digits may be missing where the amount is
// then 0 (".", "Mi"), some spellings are kept and printed again ("+1n", "2.125"), and exponents are taken modulo 2^32.
func ParseQuantity(s string) (Quantity, error) {
	n, i, point := int64(0), 0, -1
	for ; i < len(s) && i < 14; i++ {
		if d := s[i] - '0'; d <= 9 {
			n = n*10 + int64(d)
		} else if s[i] == '.' && point < 0 {
			point = i
		} else {
			break
		}
	}
	if i > 0 {
		if q, ok := shortQuantity(s, n, i, point); ok {
			return q, nil
		}
	}
	return parseQuantity(s)
}

// shortQuantity is the short way for what nearly all manifests say: few digits that read as n and end at i, no sign,
// no exponent, nothing that keeps its spelling. It gives what the long way gives, or not ok.
func shortQuantity(s string, n int64, i, point int) (q Quantity, ok bool) {
	if s[0] == '0' && point != 1 && i > 1 {
		return Quantity{}, false
	}
	exp := int32(0)
	switch len(s) - i {
	case 0:
	case 1:
		if exp = int32(decimalExponents[s[i]]); exp == 0 {
			return Quantity{}, false
		}
	case 2:
		power := binaryPowers[s[i]]
		if power == 0 || s[i+1] != 'i' || point >= 0 || i+3*int(power) > 14 {
			return Quantity{}, false
		}
		return newQuantity(n<<(10*power), 0, BinarySI), true
	default:
		return Quantity{}, false
	}
	if point >= 0 {
		exp -= int32(i - point - 1)
		if exp < Nano || s[0] > '0' && exp%3 == 0 {
			return Quantity{}, false
		}
	}
	return newQuantity(n, exp, DecimalSI), true
}

// parseQuantity is the long way, which reads everything.
func parseQuantity(s string) (Quantity, error) {
	if s == "" {
		return Quantity{}, &QuantityError{Want: wantDigit}
	}
	n := scanNumeral(s)
	x, ok := parseSuffix(s[n.end:])
	if !ok {
		return Quantity{}, suffixError(s, n.end)
	}
	if q, ok := n.direct(s, x); ok {
		return q, nil
	}
	if !n.digits {
		return Quantity{}, &QuantityError{Input: s, Offset: n.start, Want: wantDigit}
	}
	if n.whole+n.frac > maxQuantityDigits {
		return Quantity{}, &QuantityError{Input: s, Offset: n.start, Want: wantFewerDigits}
	}
	if n.overflow {
		return n.long(s, x), nil
	}
	return n.rounded(x), nil
}

// maxQuantityDigits bounds the work that one string can cause.
const maxQuantityDigits = 4096

// numeral is what stands before the suffix.
type numeral struct {
	mant       uint64 // the digits read as one integer, if not overflow
	start, end int    // of the digits and the point, without the sign
	whole      int    // digits before the point without leading zeros, at least 1
	frac       int    // digits after the point
	neg        bool
	odd        bool // a plus sign, a leading zero or a point: not written canonically
	digits     bool // there is at least one digit
	overflow   bool
}

func scanNumeral(s string) (n numeral) {
	i := 0
	if s[0] == '-' || s[0] == '+' {
		n.neg, n.odd = s[0] == '-', s[0] == '+'
		i = 1
	}
	n.start = i
	for i < len(s) && s[i] == '0' {
		i++
	}
	n.digits = i > n.start
	n.odd = n.odd || n.digits
	from := i
	i = n.scanDigits(s, i)
	n.whole = max(i-from, 1)
	if i < len(s) && s[i] == '.' {
		n.odd = true
		from = i + 1
		i = n.scanDigits(s, from)
		n.frac = i - from
	}
	n.end = i
	return n
}

func (n *numeral) scanDigits(s string, i int) int {
	for ; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			break
		}
		if n.mant > (math.MaxUint64-9)/10 {
			n.overflow = true
		}
		n.mant = n.mant*10 + uint64(d)
		n.digits = true
	}
	return i
}

// suffix is a parsed suffix: × 10^exp, or × 2^exp in BinarySI.
type suffix struct {
	exp    int32
	format QuantityFormat
	odd    bool // an exponent not written canonically
}

func parseSuffix(s string) (suffix, bool) {
	switch len(s) {
	case 0:
		return suffix{}, true
	case 1:
		exp := decimalExponents[s[0]]
		return suffix{exp: int32(exp)}, exp != 0
	}
	if power := binaryPowers[s[0]]; power != 0 && len(s) == 2 && s[1] == 'i' {
		return suffix{exp: int32(10 * power), format: BinarySI}, true
	}
	if s[0] == 'e' || s[0] == 'E' {
		return parseExponent(s)
	}
	return suffix{}, false
}

const (
	binarySuffixes  = " KMGTPE"    // by power of 1024
	decimalSuffixes = "num kMGTPE" // by power of 1000, from -3
)

// decimalExponents and binaryPowers find a suffix by its letter; 0 is none.
var (
	decimalExponents = [256]int8{'n': -9, 'u': -6, 'm': -3, 'k': 3, 'M': 6, 'G': 9, 'T': 12, 'P': 15, 'E': 18}
	binaryPowers     = [256]uint8{'K': 1, 'M': 2, 'G': 3, 'T': 4, 'P': 5, 'E': 6}
)

func parseExponent(s string) (suffix, bool) {
	exp, err := strconv.ParseInt(s[1:], 10, 64)
	if err != nil {
		return suffix{}, false
	}
	digits := strings.TrimPrefix(s[1:], "-")
	odd := s[0] == 'E' || digits[0] == '+' || digits[0] == '0' || exp != int64(int32(exp))
	return suffix{exp: int32(exp), format: DecimalExponent, odd: odd}, true
}

func suffixError(s string, at int) error {
	switch {
	case at < len(s) && strings.IndexByte(".+-", s[at]) >= 0 && at == 0, at == 0:
		return &QuantityError{Input: s, Offset: 0, Want: "a sign or " + wantDigit}
	case (s[at] == 'e' || s[at] == 'E') && at+1 < len(s):
		return &QuantityError{Input: s, Offset: at + 1, Want: "an exponent, which is an integer of 64 bits"}
	}
	return &QuantityError{Input: s, Offset: at, Want: wantSuffix}
}

// direct returns the quantity if Kubernetes reads it in 64 bits too: only then may it lack digits or keep its
// spelling.
func (n *numeral) direct(s string, x suffix) (Quantity, bool) {
	if x.format == BinarySI {
		if n.frac > 0 || n.whole+int(x.exp)*3/10 > 14 {
			return Quantity{}, false
		}
		q := n.quantity(n.mant<<uint(x.exp), 0, BinarySI)
		if n.odd && n.mant&7 != 0 {
			return q.spelledAs(s), true
		}
		return q, true
	}
	scale := int64(x.exp) - int64(n.frac)
	if n.whole+n.frac > 18 || scale < int64(Nano) {
		return Quantity{}, false
	}
	q := n.quantity(n.mant, int32(scale), x.format)
	if (n.odd || x.odd) && scale%3 == 0 && n.keepsSpelling() {
		return q.spelledAs(s), true
	}
	return q, true
}

// keepsSpelling reports whether the digits start with one that is not 0 and do not end in 000.
func (n *numeral) keepsSpelling() bool {
	return n.mant >= pow10[n.whole+n.frac-1] && n.mant%1000 != 0
}

func (q Quantity) spelledAs(s string) Quantity {
	q.text = unique.Make(s)
	q.traits |= spelled
	return q
}

// quantity returns ±coef × 10^scale; coef is below 2^63.
func (n *numeral) quantity(coef uint64, scale int32, format QuantityFormat) Quantity {
	if n.neg {
		return newQuantity(-int64(coef), scale, format)
	}
	return newQuantity(int64(coef), scale, format)
}

// rounded returns the quantity of a mantissa of 64 bits: rounded up to nanos, capped if binary.
func (n *numeral) rounded(x suffix) Quantity {
	if n.mant == 0 {
		return Quantity{traits: quantityTraits(x.format)}
	}
	hi, lo := uint64(0), n.mant
	scale := int64(x.exp) - int64(n.frac)
	if x.format == BinarySI {
		hi, lo = bits.Mul64(lo, 1<<uint(x.exp))
		scale = -int64(n.frac)
	}
	if drop := int64(Nano) - scale; drop > 0 {
		hi, lo = divideUp128(hi, lo, drop)
		scale = int64(Nano)
	}
	for hi != 0 {
		qhi, r := hi/10, hi%10
		qlo, r := bits.Div64(r, lo, 10)
		if r != 0 {
			break
		}
		hi, lo, scale = qhi, qlo, scale+1
	}
	if hi != 0 || lo > math.MaxInt64 {
		b := new(big.Int).SetUint64(hi)
		return n.finish(b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(lo)), scale, x.format)
	}
	q := n.quantity(lo, int32(scale), x.format)
	if x.format == BinarySI {
		if q.magnitude() >= 19 && absQuantity(q).Cmp(NewQuantity(math.MaxInt64, BinarySI)) > 0 {
			return n.quantity(math.MaxInt64, 0, BinarySI)
		}
		if q.magnitude() <= 0 {
			q = q.WithFormat(DecimalSI)
		}
	}
	if n.neg {
		q.traits |= wrapping
	}
	return q
}

func absQuantity(q Quantity) Quantity {
	if q.Sign() < 0 {
		return q.Neg()
	}
	return q
}

// divideUp128 returns (hi, lo) / 10^drop, rounded up.
func divideUp128(hi, lo uint64, drop int64) (uint64, uint64) {
	inexact := false
	for drop > 0 {
		if hi == 0 && lo == 0 {
			break
		}
		step := min(drop, 19)
		unit := pow10[step]
		qhi, r := hi/unit, hi%unit
		qlo, r := bits.Div64(r, lo, unit)
		inexact = inexact || r != 0
		hi, lo, drop = qhi, qlo, drop-step
	}
	if inexact {
		var carry uint64
		lo, carry = bits.Add64(lo, 1, 0)
		hi += carry
	}
	return hi, lo
}

// long reads a numeral of any length.
func (n *numeral) long(s string, x suffix) Quantity {
	digits := strings.Replace(s[n.start:n.end], ".", "", 1)
	b, _ := new(big.Int).SetString(digits, 10)
	scale := int64(x.exp) - int64(n.frac)
	if x.format == BinarySI {
		b.Lsh(b, uint(x.exp))
		scale = -int64(n.frac)
	}
	if drop := int64(Nano) - scale; drop > 0 {
		b = divideUp(b, drop)
		scale = int64(Nano)
	}
	return n.finish(b, scale, x.format)
}

// finish returns the quantity of the positive amount b × 10^scale with n's sign.
func (n *numeral) finish(b *big.Int, scale int64, format QuantityFormat) Quantity {
	q := NewBigQuantity(b, int32(scale), format)
	if format == BinarySI && q.Cmp(NewQuantity(math.MaxInt64, BinarySI)) > 0 {
		return n.quantity(math.MaxInt64, 0, BinarySI)
	}
	if format == BinarySI && q.magnitude() <= 0 {
		q = q.WithFormat(DecimalSI)
	}
	if !n.neg {
		return q
	}
	q = q.Neg()
	q.traits |= wrapping
	return q
}
