package pod

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
)

// String prints q: as it was written, if Kubernetes would remember that, else canonically.
func (q Quantity) String() string {
	if q.traits&spelled != 0 {
		return q.text.Value()
	}
	return q.Canonical()
}

// Canonical prints q in its one canonical form: no fraction, the largest suffix of its format that allows it.
// In DecimalSI a power of ten above E loses its suffix, as in Kubernetes: such amounts do not survive printing.
func (q Quantity) Canonical() string {
	var buf [40]byte
	return string(q.appendCanonical(buf[:0]))
}

// AppendText appends what String returns. The error is always nil.
func (q Quantity) AppendText(b []byte) ([]byte, error) {
	if q.traits&spelled != 0 {
		return append(b, q.text.Value()...), nil
	}
	return q.appendCanonical(b), nil
}

func (q Quantity) appendCanonical(b []byte) []byte {
	switch {
	case q.IsZero():
		return append(b, '0')
	case q.Format() != BinarySI:
		return q.appendDecimal(b, q.Format())
	case q.magnitude() <= 3 || q.scale < 0:
		return q.appendDecimal(b, DecimalSI)
	case q.wide() || q.magnitude() > 18:
		return q.appendBinaryBig(b)
	}
	v, times := q.coef*int64(pow10[q.scale]), 0
	if v > -1024 && v < 1024 {
		return q.appendDecimal(b, DecimalSI)
	}
	for times < 6 && v%1024 == 0 {
		v /= 1024
		times++
	}
	return appendBinarySuffix(strconv.AppendInt(b, v, 10), times)
}

func (q Quantity) appendBinaryBig(b []byte) []byte {
	if q.magnitude() > maxScaleGap {
		return q.appendDecimal(b, DecimalSI)
	}
	n, scale := q.Unscaled()
	n.Mul(n, bigPow10(int64(scale)))
	times := 0
	for quo, rem, unit := new(big.Int), new(big.Int), big.NewInt(1024); times < 6; times++ {
		if quo.QuoRem(n, unit, rem); rem.Sign() != 0 {
			break
		}
		n, quo = quo, n
	}
	return appendBinarySuffix(n.Append(b, 10), times)
}

func appendBinarySuffix(b []byte, times int) []byte {
	if times == 0 {
		return b
	}
	return append(b, binarySuffixes[times], 'i')
}

func (q Quantity) appendDecimal(b []byte, format QuantityFormat) []byte {
	if q.wide() {
		b = append(b, q.text.Value()...)
	} else {
		b = strconv.AppendInt(b, q.coef, 10)
	}
	exp := int64(q.scale)
	for exp%3 != 0 {
		b = append(b, '0')
		exp--
	}
	switch {
	case exp == 0:
		return b
	case format == DecimalExponent:
		return strconv.AppendInt(append(b, 'e'), exp, 10)
	case exp > int64(Exa):
		return b
	}
	return append(b, decimalSuffixes[(exp-int64(Nano))/3])
}

// MarshalJSON writes the string String returns.
func (q Quantity) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 24), '"')
	b, _ = q.AppendText(b)
	return append(b, '"'), nil
}

// UnmarshalJSON reads a JSON string or number, of which it takes the text; null is 0.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*q = Quantity{}
		return nil
	}
	if len(b) >= 2 && b[0] == '"' && b[len(b)-1] == '"' {
		b = b[1 : len(b)-1]
	}
	parsed, err := ParseQuantity(strings.TrimSpace(string(b)))
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}
