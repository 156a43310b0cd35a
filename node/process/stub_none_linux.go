//go:build linux && !amd64 && !arm64

package process

import "errors"

// pauseProgram says that there is no small program for a pause: this one takes its place.
func pauseProgram() (string, error) { return "", errors.ErrUnsupported }
