package pod

// Place fills in where in the file the value of each fault stands, and returns e. A value that the file does not have
// gets the place of the nearest value above it. A nil source leaves everything as it is.
func (e Errors) Place(s *Source) Errors {
	if s == nil {
		return e
	}
	for _, fault := range e {
		at := s.Locate(fault.Location())
		fault.File, fault.Line, fault.Column = at.File, at.Line, at.Column
	}
	return e
}
