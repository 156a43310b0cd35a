//go:build !linux

package enginetest

import "errors"

// Options, Engine and Missing are as on Linux, where engines run.
type Options struct {
	Binaries  string
	NoNetwork bool
	Names     []string
	Programs  map[string]string
}

// Engine is never made.
type Engine struct{}

// Missing says what this machine lacks to run an engine.
func Missing() string { return "containerd runs on Linux only" }

// Start returns an error.
func Start(string, Options) (*Engine, error) { return nil, errors.New(Missing()) }

// The methods of an Engine do nothing here.
func (*Engine) Socket() string           { return "" }
func (*Engine) Endpoint() string         { return "" }
func (*Engine) LogPath() string          { return "" }
func (*Engine) Version() string          { return "" }
func (*Engine) Launch() error            { return nil }
func (*Engine) RemoveImage(string) error { return nil }
func (*Engine) AddNetwork() error        { return nil }
func (*Engine) SaveImages(string) error  { return nil }
func (*Engine) Kill()                    {}
func (*Engine) Stop()                    {}
func (*Engine) Close() error             { return nil }
