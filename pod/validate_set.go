package pod

// smallSet is a set that needs no heap while it has few members. The zero value is empty.
type smallSet[T comparable] struct {
	few  [8]T
	n    int
	many map[T]struct{}
}

// add puts x in, and reports whether it was not in before.
func (s *smallSet[T]) add(x T) bool {
	if s.has(x) {
		return false
	}
	switch {
	case s.many != nil:
		s.many[x] = struct{}{}
	case s.n < len(s.few):
		s.few[s.n] = x
		s.n++
	default:
		s.many = make(map[T]struct{}, 2*len(s.few))
		for _, y := range s.few {
			s.many[y] = struct{}{}
		}
		s.many[x] = struct{}{}
	}
	return true
}

// has reports whether x is in.
func (s *smallSet[T]) has(x T) bool {
	if s.many != nil {
		_, in := s.many[x]
		return in
	}
	for _, y := range s.few[:s.n] {
		if y == x {
			return true
		}
	}
	return false
}
