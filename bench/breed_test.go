package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
)

// breeder makes new documents of old ones: parts that stand at the same place in two of them change places, are left out, are put in
// twice, and scalars become what often is wrong. Places are paths without the numbers of list elements.
type breeder struct {
	random *rand.Rand
	values map[string][]any
	keys   map[string][]string
}

func newBreeder(seed int64, documents []any) *breeder {
	b := &breeder{random: rand.New(rand.NewSource(seed)), values: map[string][]any{}, keys: map[string][]string{}}
	known := map[string]map[string]bool{}
	for _, d := range documents {
		b.learn(d, "", known)
	}
	for place, keys := range known {
		b.keys[place] = slices.Sorted(maps.Keys(keys))
	}
	return b
}

// valuesKept bounds how many values of one place are kept.
const valuesKept = 400

func (b *breeder) learn(v any, place string, known map[string]map[string]bool) {
	if n := len(b.values[place]); n < valuesKept {
		b.values[place] = append(b.values[place], v)
	} else if i := b.random.Intn(10 * n); i < n {
		b.values[place][i] = v
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if known[place] == nil {
				known[place] = map[string]bool{}
			}
			known[place][key] = true
			b.learn(v[key], place+"."+key, known)
		}
	case []any:
		for _, e := range v {
			b.learn(e, place+"[]", known)
		}
	}
}

// spot is one value in a document, and how to change it.
type spot struct {
	place string
	value any
	set   func(v any)
	drop  func()
}

// breed returns a changed copy of a document, and says what was changed.
func (b *breeder) breed(document any, below string) (any, string) {
	var said []string
	root := deepCopy(document)
	for range 1 + b.random.Intn(4) {
		var spots []spot
		visit(root, "", func(v any) { root = v }, nil, func(s spot) {
			if strings.HasPrefix(s.place, below) && s.drop != nil {
				spots = append(spots, s)
			}
		})
		if len(spots) == 0 {
			break
		}
		said = append(said, b.change(pick(b.random, b.somewhere(spots))))
	}
	return root, strings.Join(said, ", ")
}

// somewhere returns the spots of one place. A place with many fields is taken more often, as there is more to be changed in it.
func (b *breeder) somewhere(spots []spot) []spot {
	at := map[string][]spot{}
	for _, s := range spots {
		at[s.place] = append(at[s.place], s)
	}
	var places []string
	for _, place := range slices.Sorted(maps.Keys(at)) {
		places = append(places, slices.Repeat([]string{place}, 1+len(b.keys[place]))...)
	}
	return at[pick(b.random, places)]
}

// change changes one spot.
func (b *breeder) change(s spot) string {
	switch b.random.Intn(8) {
	case 0:
		s.drop()
		return "without " + s.place
	case 1, 2, 5, 6:
		if m, ok := s.value.(map[string]any); ok && len(b.keys[s.place]) > 0 {
			key := pick(b.random, b.keys[s.place])
			m[key] = b.like(s.place + "." + key)
			return "other " + s.place + "." + key
		}
	case 3:
		if list, ok := s.value.([]any); ok && len(b.values[s.place+"[]"]) > 0 {
			s.set(append(list, b.like(s.place+"[]")))
			return "longer " + s.place
		}
	case 4:
		if odd, ok := b.odd(s.value); ok {
			s.set(odd)
			return fmt.Sprintf("%s %v", s.place, odd)
		}
	}
	s.set(b.like(s.place))
	return "other " + s.place
}

// like is what some document has at a place.
func (b *breeder) like(place string) any { return deepCopy(pick(b.random, b.values[place])) }

// odd is a scalar of the same kind that is often wrong.
func (b *breeder) odd(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return pick(b.random, []any{
			"", "a", "A", "a.b", "a_b", "-a", "a-", "/", "/a", "a/b", "../a", "a/../b", "a//b", "10", "-1", "1.5", "100m", "1Gi", "1e3", "50%", "*", "a b", "ä",
			strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 253), strings.Repeat("a", 254), "kubernetes.io/a", "a.io/b",
			"example.com/gpu", "10.0.0.1", "fd00::1", "010.0.0.1", "$(A)", "None", "Always", "localhost/a", v + "x", strings.ToUpper(v), v + v,
		}), true
	case json.Number:
		return pick(b.random, []any{
			json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("2"), json.Number("65535"), json.Number("65536"), json.Number("2147483647"),
			json.Number("-1001"), json.Number("1001"), json.Number("511"), json.Number("512"), json.Number("1000000"),
		}), true
	case bool:
		return !v, true
	}
	return nil, false
}

func pick[T any](random *rand.Rand, of []T) T { return of[random.Intn(len(of))] }

// visit shows every value of a document.
func visit(v any, place string, set func(any), drop func(), do func(spot)) {
	do(spot{place, v, set, drop})
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			visit(v[key], place+"."+key, func(to any) { v[key] = to }, func() { delete(v, key) }, do)
		}
	case []any:
		for i := range v {
			visit(v[i], place+"[]", func(to any) { v[i] = to }, func() { set(slices.Delete(slices.Clone(v), i, i+1)) }, do)
		}
	}
}

func deepCopy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = deepCopy(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = deepCopy(v[i])
		}
		return out
	}
	return v
}
