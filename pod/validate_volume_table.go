package pod

// volumeTable finds the volumes of a spec by name. The zero value holds none. No volume may become faulty after the
// first search.
type volumeTable struct {
	list   []Volume
	faulty smallSet[int]
	// sound and last are list by name, made for a long list when it is first searched: the volumes without fault, and
	// all volumes, of which the last of a name counts.
	sound, last map[string]*Volume
}

// shortList is how many volumes are searched one by one.
const shortList = 16

// find returns the volume called name that has no fault, or nil.
func (t *volumeTable) find(name string) *Volume {
	if len(t.list) > shortList {
		t.index()
		return t.sound[name]
	}
	for i := range t.list {
		if t.list[i].Name == name && !t.faulty.has(i) {
			return &t.list[i]
		}
	}
	return nil
}

// findLast returns the last volume called name, faulty or not, or nil.
func (t *volumeTable) findLast(name string) *Volume {
	if len(t.list) > shortList {
		t.index()
		return t.last[name]
	}
	for i := len(t.list) - 1; i >= 0; i-- {
		if t.list[i].Name == name {
			return &t.list[i]
		}
	}
	return nil
}

// index makes the maps, once.
func (t *volumeTable) index() {
	if t.last != nil {
		return
	}
	t.sound, t.last = make(map[string]*Volume, len(t.list)), make(map[string]*Volume, len(t.list))
	for i := range t.list {
		vol := &t.list[i]
		t.last[vol.Name] = vol
		if !t.faulty.has(i) {
			t.sound[vol.Name] = vol
		}
	}
}
