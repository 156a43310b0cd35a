package yamldoc

import (
	"errors"
	"fmt"
)

// ReadOne decodes the only document of data into out, strictly. Every fault is an error that names the file and the place; what is the
// word for what was expected, as in "scenario".
func (c *Codec) ReadOne(file string, data []byte, what string, out any) error {
	docs, faults := Parse(data, Limits{})
	if len(faults) == 0 && len(docs) != 1 {
		return fmt.Errorf("%s: %d documents, expected one %s", file, len(docs), what)
	}
	if len(faults) == 0 {
		faults = c.Decode(docs[0].Root(), out, "", Strict)
	}
	var errs []error
	for _, f := range faults {
		errs = append(errs, fmt.Errorf("%s:%w", file, f))
	}
	return errors.Join(errs...)
}
