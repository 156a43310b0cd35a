package pod

//go:generate go run ../internal/clonegen -dir . -out clone_generated.go Pod Template

// clonePointer copies what p points to; nil gives nil.
func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// cloneSlice copies s into memory of its own; nil gives nil, empty gives empty.
func cloneSlice[T any](s []T) []T {
	if s == nil {
		return nil
	}
	c := make([]T, len(s))
	copy(c, s)
	return c
}

// cloneEach copies the elements of s one by one; nil gives nil, empty gives empty.
func cloneEach[T any](s []T, cloneTo func(from, to *T)) []T {
	if s == nil {
		return nil
	}
	c := make([]T, len(s))
	for i := range s {
		cloneTo(&s[i], &c[i])
	}
	return c
}
