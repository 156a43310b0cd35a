package kube

import (
	"gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/podlife/podlife/pod"
)

func fromTime(k metav1.Time) pod.Time { return pod.NewTime(k.Time) }

func toTime(p pod.Time) metav1.Time { return metav1.NewTime(p.Time) }

func fromIntOrString(k intstr.IntOrString) pod.IntOrString {
	if k.Type == intstr.String {
		return pod.FromString(k.StrVal)
	}
	return pod.FromInt(k.IntVal)
}

func toIntOrString(p pod.IntOrString) intstr.IntOrString {
	if s, ok := p.Text(); ok {
		return intstr.FromString(s)
	}
	n, _ := p.Int()
	return intstr.FromInt32(n)
}

func fromFieldsV1(k metav1.FieldsV1) pod.FieldsV1 {
	return pod.FieldsV1{Raw: sameSlice(k.GetRawBytes())}
}

func toFieldsV1(p pod.FieldsV1) metav1.FieldsV1 {
	var k metav1.FieldsV1
	if p.Raw != nil {
		k.SetRawBytes(p.Raw)
	}
	return k
}

func fromResourceList(k corev1.ResourceList) pod.ResourceList {
	if k == nil {
		return nil
	}
	p := make(pod.ResourceList, len(k))
	for name, q := range k {
		p[pod.ResourceName(name)] = fromQuantity(q)
	}
	return p
}

func toResourceList(p pod.ResourceList) corev1.ResourceList {
	if p == nil {
		return nil
	}
	k := make(corev1.ResourceList, len(p))
	for name, q := range p {
		k[corev1.ResourceName(name)] = toQuantity(q)
	}
	return k
}

// fromQuantity goes through the text, which alone tells a remembered spelling, and falls back to the exact amount
// where the text does not tell amount and format.
func fromQuantity(k resource.Quantity) pod.Quantity {
	exact := exactQuantity(k)
	q, err := pod.ParseQuantity(k.String())
	if err != nil || q.Cmp(exact) != 0 || q.Format() != exact.Format() {
		return exact
	}
	return q
}

func exactQuantity(k resource.Quantity) pod.Quantity {
	format := fromFormat(k.Format)
	if n, ok := k.AsInt64(); ok {
		return pod.NewQuantity(n, format)
	}
	k = k.DeepCopy()
	dec := k.AsDec()
	return pod.NewBigQuantity(dec.UnscaledBig(), int32(-dec.Scale()), format)
}

func toQuantity(p pod.Quantity) resource.Quantity {
	format := toFormat(p.Format())
	if s, ok := p.Spelling(); ok {
		if k, err := resource.ParseQuantity(s); err == nil {
			return k
		}
	}
	if n, scale, ok := p.Unscaled64(); ok {
		k := resource.NewScaledQuantity(n, resource.Scale(scale))
		k.Format = format
		return *k
	}
	n, scale := p.Unscaled()
	return *resource.NewDecimalQuantity(*inf.NewDecBig(n, inf.Scale(-scale)), format)
}

// fromFormat reads an unset format as DecimalSI: only the amount 0 has none.
func fromFormat(k resource.Format) pod.QuantityFormat {
	switch k {
	case resource.BinarySI:
		return pod.BinarySI
	case resource.DecimalExponent:
		return pod.DecimalExponent
	}
	return pod.DecimalSI
}

func toFormat(p pod.QuantityFormat) resource.Format { return resource.Format(p.String()) }
