//go:build !linux

package static

import (
	"context"
	"errors"
)

// watchFolder cannot tell.
func watchFolder(context.Context, string, func()) error { return errors.ErrUnsupported }
