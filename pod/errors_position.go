package pod

// Place fills in where in the file the value of each fault stands, and returns e. A value that the file does not have
// gets the place of the nearest value above it. A nil source leaves everything as it is.
func (e Errors) Place(s *Source) Errors {
	if s == nil || len(e) == 0 {
		return e
	}
	places := s.owner.Document().Locator()
	for _, fault := range e {
		at, _ := places.Locate(s.holder(fault.Location()), fault.Location())
		fault.File, fault.Line, fault.Column = s.file, at.Line, at.Column
	}
	return e
}

// Check returns what the API server would refuse the object's pod for, with the places in its file: what Validate finds
// after SetDefaults and PrepareCreate, on a copy. It is nil for a valid pod, and for an object without one.
func (o *Object) Check() Errors {
	if o.Pod == nil {
		return nil
	}
	p := o.Pod.Clone()
	SetDefaults(p)
	PrepareCreate(p, Creation{NameSuffix: "abcde"})
	return Validate(p).Place(o.Source)
}
