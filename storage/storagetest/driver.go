package storagetest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Setup is one driver under test.
type Setup struct {
	// Driver is new and has no pods.
	Driver storage.Driver
	// CreateClaim makes a claim; nil skips the checks that need one.
	CreateClaim func(storage.Claim) error
}

// TestDriver runs the whole suite. make returns a new Setup for each subtest, and cleans up through t.
func TestDriver(t *testing.T, make func(t *testing.T) Setup) {
	for _, check := range []struct {
		name string
		run  func(s suite)
	}{
		{"NothingMounted", suite.nothingMounted},
		{"EmptyDirLivesWithItsUID", suite.emptyDir},
		{"MountTwiceKeepsContents", suite.mountTwice},
		{"SameNameOtherUID", suite.sameName},
		{"FilesOfEveryKind", suite.filesOfEveryKind},
		{"Update", suite.update},
		{"UpdateThatFailsKeepsTheOldFiles", suite.updateFails},
		{"AllOrNothing", suite.allOrNothing},
		{"BadInput", suite.badInput},
		{"ClaimOutlivesPod", suite.claimOutlivesPod},
		{"AbsentClaim", suite.absentClaim},
		{"ReadWriteOncePod", suite.readWriteOncePod},
		{"FailedMountLetsClaimsGo", suite.failedMountLetsGo},
		{"EphemeralClaimGoesWithItsPod", suite.ephemeral},
		{"EphemeralClaimOfAnother", suite.ephemeralOfAnother},
		{"Sweep", suite.sweep},
		{"AtOnce", suite.atOnce},
		{"NamesThatLeaveTheVolume", suite.escapes},
		{"Model", suite.model},
	} {
		t.Run(check.name, func(t *testing.T) { check.run(suite{t, make(t)}) })
	}
}

// suite is one subtest.
type suite struct {
	t *testing.T
	Setup
}

// ok ends the subtest where err is not nil.
func (s suite) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// equal ends the subtest where got is not want.
func equal[T comparable](s suite, want, got T) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("got %v, want %v", got, want)
	}
}

// says ends the subtest where err is not an error that contains want.
func (s suite) says(err error, want string) {
	s.t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		s.t.Fatalf("got the error %v, want one that says %q", err, want)
	}
}

// mounted checks which UIDs the driver knows.
func (s suite) mounted(want ...pod.UID) {
	s.t.Helper()
	got, err := s.Driver.Mounted()
	s.ok(err)
	if !slices.Equal(got, want) {
		s.t.Fatalf("mounted: got %q, want %q", got, want)
	}
}

// write puts a file into a volume, and reports whether this driver has files.
func (s suite) write(uid pod.UID, volume, name, text string) bool {
	s.t.Helper()
	if c, ok := s.Driver.(storage.Contents); ok {
		s.ok(c.WriteFile(uid, volume, name, []byte(text)))
		return true
	}
	at, err := s.Driver.Path(uid, volume)
	s.ok(err)
	if at == "" {
		return false
	}
	s.ok(os.WriteFile(filepath.Join(at, name), []byte(text), 0o644))
	return true
}

// noFile is what read returns for a file that is not there.
const noFile = "<no file>"

// read returns the text of a file, or noFile.
func (s suite) read(uid pod.UID, volume, name string) string {
	s.t.Helper()
	data, err := s.readFile(uid, volume, name)
	if errors.Is(err, fs.ErrNotExist) {
		return noFile
	}
	s.ok(err)
	return string(data)
}

func (s suite) readFile(uid pod.UID, volume, name string) ([]byte, error) {
	if c, ok := s.Driver.(storage.Contents); ok {
		return c.ReadFile(uid, volume, name)
	}
	at, err := s.Driver.Path(uid, volume)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(at, name))
}

// holds checks the text of a file, where this driver has files.
func (s suite) holds(uid pod.UID, volume, name, want string) {
	s.t.Helper()
	if s.files() {
		equal(s, want, s.read(uid, volume, name))
	}
}

// files reports whether the contents of volumes can be seen: through storage.Contents or through paths.
func (s suite) files() bool {
	if _, ok := s.Driver.(storage.Contents); ok {
		return true
	}
	probe := New("probe", "uid-probe", emptyDir("v"))
	s.ok(s.Driver.Mount(probe, nil))
	at, err := s.Driver.Path("uid-probe", "v")
	s.ok(err)
	s.ok(s.Driver.Unmount("uid-probe"))
	return at != ""
}
