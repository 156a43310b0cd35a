package pod

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/internal/yamldoc"
)

// codecOptions make the types that are scalars in a manifest fast to read and
// write, and keep what an owner's document says but a pod does not need.
var codecOptions = []yamldoc.Option{
	yamldoc.ScalarType(decodeQuantity, appendQuantity),
	yamldoc.ScalarType(decodeIntOrString, appendIntOrString),
	yamldoc.ScalarType(decodeTime, appendTime),
	yamldoc.MapType[map[string]string](),
	yamldoc.MapType[ResourceList](),
	yamldoc.SkippedType[skipped](),
}

// skipped is the type of fields that are read past.
type skipped struct{}

// types are the types of this package's codecs; those of the workloads share most of the Pod's.
var types = yamldoc.NewTypes(codecOptions...)

var podCodec = yamldoc.CodecOf[Pod](types)

// decodeQuantity reads a string or a number, of which it takes the text.
func decodeQuantity(q *Quantity, s yamldoc.Scalar) error {
	if s.Kind > yamldoc.String {
		return fmt.Errorf("expected a quantity such as 100m or 1Gi, found %s", s.Kind)
	}
	parsed, err := ParseQuantity(strings.TrimSpace(s.Text))
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}

func appendQuantity(dst []byte, q *Quantity) []byte {
	dst = append(dst, '"')
	dst, _ = q.AppendText(dst)
	return append(dst, '"')
}

func decodeIntOrString(v *IntOrString, s yamldoc.Scalar) error {
	switch s.Kind {
	case yamldoc.String:
		*v = FromString(s.Text)
		return nil
	case yamldoc.Number:
		if n, err := strconv.ParseInt(s.Text, 10, 32); err == nil {
			*v = FromInt(int32(n))
			return nil
		}
		return fmt.Errorf("expected an integer of 32 bits or a string, found the number %s", s.Text)
	}
	return fmt.Errorf("expected an integer of 32 bits or a string, found %s", s.Kind)
}

func appendIntOrString(dst []byte, v *IntOrString) []byte {
	if n, ok := v.Int(); ok {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return yamldoc.AppendString(dst, v.String())
}

func decodeTime(t *Time, s yamldoc.Scalar) error {
	if s.Kind != yamldoc.String {
		return fmt.Errorf("expected a time such as %q, found %s", time.RFC3339[:19]+"Z", s.Kind)
	}
	parsed, err := ParseTime(s.Text)
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

func appendTime(dst []byte, t *Time) []byte {
	if t.IsZero() {
		return append(dst, "null"...)
	}
	dst = t.UTC().AppendFormat(append(dst, '"'), time.RFC3339)
	return append(dst, '"')
}
