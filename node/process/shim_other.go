//go:build !linux

package process

import (
	"context"
	"errors"
	"net"
)

// playRole does nothing: there are no shims here.
func playRole() {}

const shimsWork = false

var errNoShim = errors.New("there are no shims on this system")

// A remote is a keeper in another program, which this system never has.
type remote struct{ keeper }

func startShim(sandboxRequest, func(), func()) (*remote, error) { return nil, errNoShim }

func findShim(string, func(), func()) (*remote, error) { return nil, errNoShim }

func (*remote) greeting() greeting { return greeting{} }

func (*remote) dial(context.Context, string, string) (net.Conn, error) { return nil, errNoShim }

func (*remote) leave() {}
