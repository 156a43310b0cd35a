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

// volumeTable finds the volumes of a spec that have no fault by name. The zero value holds none.
type volumeTable struct {
	list   []Volume
	faulty smallSet[int]
	byName map[string]*Volume
}

// find returns the volume called name, or nil.
func (t *volumeTable) find(name string) *Volume {
	if len(t.list) > 16 {
		return t.indexed()[name]
	}
	for i := range t.list {
		if t.list[i].Name == name && !t.faulty.has(i) {
			return &t.list[i]
		}
	}
	return nil
}

// indexed returns the table as a map, made once. No volume may become faulty after that.
func (t *volumeTable) indexed() map[string]*Volume {
	if t.byName == nil {
		t.byName = make(map[string]*Volume, len(t.list))
		for i := range t.list {
			if !t.faulty.has(i) {
				t.byName[t.list[i].Name] = &t.list[i]
			}
		}
	}
	return t.byName
}
