package pod

import "errors"

// Quantity is an exact decimal amount of a resource.
type Quantity struct {
	coef  int64
	scale int32
}

// ParseQuantity reads a quantity.
func ParseQuantity(s string) (Quantity, error) { return Quantity{}, errors.New("not written yet") }

// String prints q.
func (q Quantity) String() string { return "0" }
