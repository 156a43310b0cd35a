package pod

import (
	"math"
	"math/big"
)

// isWhole reports whether an amount has no fraction, as Kubernetes counts.
func (q Quantity) isWhole() bool { return q.inInt64(Milli)%1000 == 0 }

// inInt64 is ScaledValue, but what does not fit is as Kubernetes has it in its checks: 0 for an amount that was written
// with few digits, as 10E, and the lowest 64 bits for others.
func (q Quantity) inInt64(scale int32) int64 {
	v := q.ScaledValue(scale)
	if v != math.MaxInt64 && v != math.MinInt64 {
		return v
	}
	n, from := q.RoundUp(scale).Unscaled()
	up := int64(from) - int64(scale)
	if q.hasFewDigits() || up >= 64 {
		return 0
	}
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(up), nil))
	lowest := int64(new(big.Int).And(new(big.Int).Abs(n), new(big.Int).SetUint64(math.MaxUint64)).Uint64())
	if n.Sign() < 0 {
		return -lowest
	}
	return lowest
}

// hasFewDigits reports whether Kubernetes keeps an amount in 64 bits with a power of ten beside it.
func (q Quantity) hasFewDigits() bool {
	const most = 18
	digits := 0
	for _, c := range []byte(q.String()) {
		switch {
		case isDigitByte(c):
			digits++
		case c != '.' && c != '-' && c != '+':
			return q.Format() != BinarySI && digits <= most
		}
	}
	return q.Format() != BinarySI && digits <= most
}
