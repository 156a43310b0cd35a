package kube

import (
	"fmt"
	"math/big"
	"math/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podlife/podlife/pod"
)

// randomSpelling returns something like a quantity, often a good one, with an eye for the odd.
func randomSpelling(r *rand.Rand) string {
	pick := func(words ...string) string { return words[r.Intn(len(words))] }
	digits := func(counts ...int) string {
		var b strings.Builder
		for range counts[r.Intn(len(counts))] {
			b.WriteByte(byte('0' + r.Intn(10)))
		}
		return b.String() + pick("", "", "", "0", "000")
	}
	s := pick("", "", "", "-", "+") + pick("", "", "", "0", "00")
	s += digits(0, 1, 1, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 15, 17, 18, 19, 20, 21, 25, 40)
	if r.Intn(2) == 0 {
		s += "." + digits(0, 1, 2, 3, 4, 6, 9, 10, 12, 18, 20)
	}
	return s + pick("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
		fmt.Sprintf("e%d", r.Intn(30)-12), fmt.Sprintf("E%d", r.Intn(30)-12), "e+3", "e03", "e-03", "E-0", "e4294967296",
		"e+", "e", "K", "mi", "Mib", " ", "Ee", "e3e", "+3", "k3", "i")
}

func TestParseQuantityAgrees(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	good := 0
	for range 300 * rounds() {
		s := randomSpelling(r)
		theirs, theirErr := resource.ParseQuantity(s)
		ours, err := pod.ParseQuantity(s)
		require.Equal(t, theirErr == nil, err == nil, "%q: %v, %v", s, theirErr, err)
		if err == nil {
			requireSameQuantity(t, s, theirs, ours)
			good++
		}
	}
	require.Greater(t, good, 100*rounds())
}

func requireSameQuantity(t *testing.T, s string, theirs resource.Quantity, ours pod.Quantity) {
	t.Helper()
	number, suffix := copyOf(theirs).CanonicalizeBytes(nil)
	require.Equal(t, string(number)+string(suffix), ours.Canonical(), "canonical form of %q", s)
	require.Equal(t, theirs.String(), ours.String(), "string of %q", s)
	require.Equal(t, string(theirs.Format), ours.Format().String(), "format of %q", s)
	require.Zero(t, asQuantity(ours).Cmp(theirs.DeepCopy()), "amount of %q", s)
	rounded := copyOf(theirs)
	rounded.RoundUp(resource.Milli)
	require.Equal(t, rounded.String(), ours.RoundUp(pod.Milli).String(), "%q rounded", s)
	if fits(copyOf(theirs)) {
		require.Equal(t, theirs.Value(), ours.Value(), "value of %q", s)
	}
	if milli := copyOf(theirs); milli.Mul(1000) && fits(milli) {
		require.Equal(t, theirs.MilliValue(), ours.MilliValue(), "milli value of %q", s)
	}
}

func copyOf(q resource.Quantity) *resource.Quantity {
	q = q.DeepCopy()
	return &q
}

func asQuantity(q pod.Quantity) *resource.Quantity {
	k := toQuantity(q)
	return &k
}

func fits(q *resource.Quantity) bool {
	dec := q.AsDec()
	n := new(big.Int).Set(dec.UnscaledBig())
	for scale := dec.Scale(); scale > 0; scale-- {
		n.Quo(n, big.NewInt(10))
	}
	for scale := dec.Scale(); scale < 0; scale++ {
		n.Mul(n, big.NewInt(10))
	}
	return n.IsInt64()
}

func TestArithmeticAgrees(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 300 * rounds() {
		a, b := randomSpelling(r), randomSpelling(r)
		ka, errA := resource.ParseQuantity(a)
		kb, errB := resource.ParseQuantity(b)
		if errA != nil || errB != nil {
			continue
		}
		pa, pb := pod.MustParseQuantity(a), pod.MustParseQuantity(b)
		require.Equal(t, copyOf(ka).Cmp(kb.DeepCopy()), pa.Cmp(pb), "%q and %q", a, b)
		sum, diff, product := copyOf(ka), copyOf(ka), copyOf(ka)
		sum.Add(kb.DeepCopy())
		require.Equal(t, sum.String(), pa.Add(pb).String(), "%q + %q", a, b)
		diff.Sub(kb.DeepCopy())
		require.Equal(t, diff.String(), pa.Sub(pb).String(), "%q - %q", a, b)
		factor := r.Int63n(1e12) - 5e11
		product.Mul(factor)
		require.Equal(t, product.String(), pa.Mul(factor).String(), "%q × %d", a, factor)
	}
}
