package memory

import (
	"testing"

	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/storagetest"
)

var (
	_ storage.Driver   = (*Driver)(nil)
	_ storage.Contents = (*Driver)(nil)
)

func TestDriver(t *testing.T) {
	storagetest.TestDriver(t, func(t *testing.T) storagetest.Setup {
		d := New()
		return storagetest.Setup{Driver: d, CreateClaim: d.CreateClaim}
	})
}
