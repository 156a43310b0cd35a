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

// Quantity is an exact decimal amount of a resource: 100m of CPU, 1.5Gi of memory. It takes 24 bytes, is
// immutable, and every method returns a new value. The zero value is 0 in DecimalSI.
//
// Cmp and Equal compare amounts. == compares amount, format and any remembered spelling: 1 equals 1000m, but
// neither equals 1e0; so == on parsed quantities never says equal of different amounts.
//
// Rules of reading and printing are those of https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/:
// digits below a nano are rounded up, away from zero; amounts with a binary suffix are capped at 2^63-1.
type Quantity struct {
	coef   int64                 // the amount is coef × 10^scale; coef has no trailing zero
	text   unique.Handle[string] // meaning by traits
	scale  int32
	traits quantityTraits // the format and some flags: four fields stay in registers, five do not
}

// QuantityFormat is the family of suffixes a quantity is printed with.
type QuantityFormat uint8

const (
	// DecimalSI prints powers of 1000: n u m k M G T P E.
	DecimalSI QuantityFormat = iota
	// BinarySI prints powers of 1024: Ki Mi Gi Ti Pi Ei; amounts below 1024 or with a fraction as DecimalSI.
	BinarySI
	// DecimalExponent prints a power of ten that is a multiple of three: 12e6.
	DecimalExponent
)

// String returns the format's name, as Kubernetes spells it.
func (f QuantityFormat) String() string {
	switch f {
	case DecimalSI:
		return "DecimalSI"
	case BinarySI:
		return "BinarySI"
	case DecimalExponent:
		return "DecimalExponent"
	}
	return fmt.Sprintf("QuantityFormat(%d)", uint8(f))
}

// Scales of the named SI prefixes, as powers of ten.
const (
	Nano  int32 = -9
	Micro int32 = -6
	Milli int32 = -3
	Kilo  int32 = 3
	Mega  int32 = 6
	Giga  int32 = 9
	Tera  int32 = 12
	Peta  int32 = 15
	Exa   int32 = 18
)

// quantityTraits is a QuantityFormat with flags.
type quantityTraits uint8

const (
	spelled    quantityTraits = 1 << (iota + 2) // text is how it was written, which is not the canonical form
	wide                                        // coef is 0, text the digits of a coefficient beyond 64 bits
	wrapping                                    // negative, and its Value wraps as Kubernetes' does: see ScaledValue
	formatBits quantityTraits = 3
)

// maxScaleGap bounds the digits that one addition can produce.
const maxScaleGap = 4096

// NewQuantity returns value in the given format.
func NewQuantity(value int64, format QuantityFormat) Quantity {
	return newQuantity(value, 0, format)
}

// NewMilliQuantity returns value thousandths in the given format.
func NewMilliQuantity(value int64, format QuantityFormat) Quantity {
	return newQuantity(value, Milli, format)
}

// NewScaledQuantity returns value × 10^scale in DecimalSI.
func NewScaledQuantity(value int64, scale int32) Quantity {
	return newQuantity(value, scale, DecimalSI)
}

// NewBigQuantity returns n × 10^scale in the given format. It does not keep n.
func NewBigQuantity(n *big.Int, scale int32, format QuantityFormat) Quantity {
	if n.IsInt64() {
		return newQuantity(n.Int64(), scale, format)
	}
	text := n.String()
	digits := strings.TrimRight(text, "0")
	if cut := len(text) - len(digits); int64(scale)+int64(cut) <= math.MaxInt32 {
		text, scale = digits, scale+int32(cut)
	}
	if coef, err := strconv.ParseInt(text, 10, 64); err == nil {
		return newQuantity(coef, scale, format)
	}
	return Quantity{text: unique.Make(text), scale: scale, traits: quantityTraits(format) | wide}
}

func newQuantity(coef int64, scale int32, format QuantityFormat) Quantity {
	if coef == 0 {
		return Quantity{traits: quantityTraits(format)}
	}
	for coef%10 == 0 && scale < math.MaxInt32 {
		coef /= 10
		scale++
	}
	return Quantity{coef: coef, scale: scale, traits: quantityTraits(format)}
}

func (q Quantity) wide() bool { return q.traits&wide != 0 }

// Unscaled returns n and scale such that the amount is exactly n × 10^scale. The caller owns n.
func (q Quantity) Unscaled() (n *big.Int, scale int32) {
	if q.wide() {
		n, _ = new(big.Int).SetString(q.text.Value(), 10)
		return n, q.scale
	}
	return big.NewInt(q.coef), q.scale
}

// Unscaled64 returns what Unscaled does, without allocating; ok is false where n needs more than 64 bits.
func (q Quantity) Unscaled64() (n int64, scale int32, ok bool) { return q.coef, q.scale, !q.wide() }

// Spelling returns how q was written, if that is remembered because the canonical form differs. See ParseQuantity.
func (q Quantity) Spelling() (s string, ok bool) {
	if q.traits&spelled == 0 {
		return "", false
	}
	return q.text.Value(), true
}

// Format returns the family of suffixes q is printed with.
func (q Quantity) Format() QuantityFormat { return QuantityFormat(q.traits & formatBits) }

// WithFormat returns the same amount in another format, without a remembered spelling.
func (q Quantity) WithFormat(f QuantityFormat) Quantity {
	q = q.forget()
	q.traits = q.traits&^formatBits | quantityTraits(f)
	return q
}

// forget drops what only a parsed quantity carries: its spelling and how it wraps.
func (q Quantity) forget() Quantity {
	if q.traits&spelled != 0 {
		q.text = unique.Handle[string]{}
	}
	q.traits &^= spelled | wrapping
	return q
}

// IsZero reports whether the amount is 0.
func (q Quantity) IsZero() bool { return q.coef == 0 && !q.wide() }

// Sign returns -1, 0 or 1.
func (q Quantity) Sign() int {
	switch {
	case q.wide():
		if strings.HasPrefix(q.text.Value(), "-") {
			return -1
		}
		return 1
	case q.coef < 0:
		return -1
	case q.coef > 0:
		return 1
	}
	return 0
}

// Equal reports whether q and r are the same amount, whatever their formats.
func (q Quantity) Equal(r Quantity) bool { return q.Cmp(r) == 0 }

// Cmp compares amounts: -1 if q < r, 0 if equal, 1 if q > r.
func (q Quantity) Cmp(r Quantity) int {
	qs, rs := q.Sign(), r.Sign()
	if qs != rs || qs == 0 {
		return sign(qs - rs)
	}
	if !q.wide() && !r.wide() && q.scale == r.scale {
		return cmpInt(q.coef, r.coef)
	}
	if qm, rm := q.magnitude(), r.magnitude(); qm != rm {
		return qs * cmpInt(qm, rm)
	}
	a, b, _ := align(q, r)
	return a.Cmp(b)
}

// magnitude returns the power of ten just above the amount: 99m has -1, 1000 has 4.
func (q Quantity) magnitude() int64 {
	if q.wide() {
		return int64(q.scale) + int64(len(strings.TrimPrefix(q.text.Value(), "-")))
	}
	return int64(q.scale) + int64(decimalDigits(absInt(q.coef)))
}

// Add returns q + r, in q's format, or in r's if q is zero. Should the powers of ten of the two lie more than
// 4096 apart, the result is the one larger in magnitude.
func (q Quantity) Add(r Quantity) Quantity {
	switch {
	case q.IsZero():
		return r.forget()
	case r.IsZero():
		return q.forget()
	}
	if sum, ok := addSmall(q, r); ok {
		return sum
	}
	if gap := int64(q.scale) - int64(r.scale); gap > maxScaleGap || gap < -maxScaleGap {
		if q.magnitude() >= r.magnitude() {
			return q.forget()
		}
		return r.WithFormat(q.Format())
	}
	a, b, scale := align(q, r)
	return NewBigQuantity(a.Add(a, b), scale, q.Format())
}

// Sub returns q - r, in q's format, or in r's if q is zero. The limit of Add applies.
func (q Quantity) Sub(r Quantity) Quantity { return q.Add(r.Neg()) }

// Neg returns -q.
func (q Quantity) Neg() Quantity {
	q = q.forget()
	if q.wide() || q.coef == math.MinInt64 {
		n, scale := q.Unscaled()
		return NewBigQuantity(n.Neg(n), scale, q.Format())
	}
	q.coef = -q.coef
	return q
}

// Mul returns q × n, exactly, in q's format.
func (q Quantity) Mul(n int64) Quantity {
	if !q.wide() {
		if p, ok := mulInt(q.coef, n); ok {
			return newQuantity(p, q.scale, q.Format())
		}
	}
	b, scale := q.Unscaled()
	return NewBigQuantity(b.Mul(b, big.NewInt(n)), scale, q.Format())
}

// RoundUp returns q rounded away from zero to a multiple of 10^scale. A quantity that is one already is
// returned as it is, with its spelling.
func (q Quantity) RoundUp(scale int32) Quantity {
	if q.IsZero() || q.scale >= scale {
		return q
	}
	if !q.wide() {
		coef, drop := q.coef, int64(scale)-int64(q.scale)
		if drop > 18 {
			return newQuantity(int64(q.Sign()), scale, q.Format())
		}
		unit := int64(pow10[drop])
		quo := coef / unit
		if coef%unit != 0 {
			quo += int64(q.Sign())
		}
		return newQuantity(quo, scale, q.Format())
	}
	n, from := q.Unscaled()
	return NewBigQuantity(divideUp(n, int64(scale)-int64(from)), scale, q.Format())
}

// divideUp returns n / 10^drop, rounded away from zero; n may be changed.
func divideUp(n *big.Int, drop int64) *big.Int {
	if drop > int64(len(n.Text(10))) {
		return big.NewInt(int64(n.Sign()))
	}
	rem := new(big.Int)
	sign := int64(n.Sign())
	n.QuoRem(n, bigPow10(drop), rem)
	if rem.Sign() != 0 {
		n.Add(n, big.NewInt(sign))
	}
	return n
}

// Value returns the amount as an integer, rounded away from zero. See ScaledValue for its limits.
func (q Quantity) Value() int64 { return q.ScaledValue(0) }

// MilliValue returns the amount in thousandths, rounded away from zero. See ScaledValue for its limits.
func (q Quantity) MilliValue() int64 { return q.ScaledValue(Milli) }

// ScaledValue returns the amount divided by 10^scale, rounded away from zero. Amounts beyond an int64 give
// math.MaxInt64 or math.MinInt64.
//
// Negative amounts that Kubernetes reads with arbitrary precision (with a binary suffix and a fraction or many
// digits, or digits below a nano) are rounded up there, and wrap around at 2^63 nanos. Freshly parsed
// quantities agree with it even in that; any arithmetic, WithFormat or RoundUp gives the true value.
func (q Quantity) ScaledValue(scale int32) int64 {
	if q.traits&wrapping != 0 {
		return q.wrappedValue(scale)
	}
	q = q.RoundUp(scale)
	if q.IsZero() {
		return 0
	}
	if up := int64(q.scale) - int64(scale); !q.wide() && up <= 18 {
		if v, ok := mulInt(q.coef, int64(pow10[up])); ok {
			return v
		}
	}
	if q.Sign() < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

// wrappedValue does in 64 bits what should be done in more: the amount in nanos, divided down to scale.
func (q Quantity) wrappedValue(scale int32) int64 {
	n, from := q.Unscaled()
	n.Mul(n, bigPow10(min(int64(from)-int64(Nano), 64))) // 10^64 wraps to 0, as do all powers above
	nanos := int64(-new(big.Int).And(n.Abs(n), new(big.Int).SetUint64(math.MaxUint64)).Uint64())
	drop := int64(scale) - int64(Nano)
	if drop <= 0 || drop > 18 {
		return q.forget().ScaledValue(scale)
	}
	v := nanos / int64(pow10[drop])
	if nanos%int64(pow10[drop]) != 0 {
		v++
	}
	return v
}

// Float64 returns the nearest float64; ±Inf where the amount is too large.
func (q Quantity) Float64() float64 {
	n, scale := q.Unscaled()
	f, _ := strconv.ParseFloat(n.String()+"e"+strconv.Itoa(int(scale)), 64)
	return f
}

// align returns both coefficients at the smaller of the two scales.
func align(q, r Quantity) (a, b *big.Int, scale int32) {
	a, qs := q.Unscaled()
	b, rs := r.Unscaled()
	if qs > rs {
		return a.Mul(a, bigPow10(int64(qs)-int64(rs))), b, rs
	}
	return a, b.Mul(b, bigPow10(int64(rs)-int64(qs))), qs
}

func bigPow10(n int64) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
}

// addSmall adds where everything fits 64 bits.
func addSmall(q, r Quantity) (Quantity, bool) {
	if q.wide() || r.wide() {
		return Quantity{}, false
	}
	a, b, scale := q.coef, r.coef, q.scale
	ok := true
	switch gap := int64(q.scale) - int64(r.scale); {
	case gap > 18 || gap < -18:
		return Quantity{}, false
	case gap > 0:
		a, ok = mulInt(a, int64(pow10[gap]))
		scale = r.scale
	case gap < 0:
		b, ok = mulInt(b, int64(pow10[-gap]))
	}
	sum := a + b
	if !ok || (sum > a) != (b > 0) {
		return Quantity{}, false
	}
	return newQuantity(sum, scale, q.Format()), true
}

// mulInt returns a × b, and false if that does not fit.
func mulInt(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(absInt(a), absInt(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func absInt(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func sign(n int) int { return cmpInt(int64(n), 0) }

// decimalDigits returns the number of digits of n; 0 has one.
func decimalDigits(n uint64) int {
	d := 1
	for d < len(pow10) && n >= pow10[d] {
		d++
	}
	return d
}

var pow10 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}
