package node_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
)

// kept is all that a store has, one line a document.
func kept(t *testing.T, s node.Store) string {
	t.Helper()
	var out []string
	require.NoError(t, s.All(func(key string, document []byte) error {
		out = append(out, key+"="+string(document))
		return nil
	}))
	return strings.Join(out, " ")
}

func openStore(t *testing.T, dir string) *node.FileStore {
	t.Helper()
	s, err := node.OpenStore(dir)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStoreKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openStore(t, dir)
	require.NoError(t, s.Put("a", []byte(`{"x":1}`)))
	require.NoError(t, s.Put("b", []byte(`2`)))
	require.NoError(t, s.Put("c", []byte(`3`)))
	require.NoError(t, s.Put("a", []byte(`{"x":2}`)))
	require.NoError(t, s.Delete("b"))
	require.NoError(t, s.Delete("b"))
	require.Equal(t, `a={"x":2} c=3`, kept(t, s))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Put("a", []byte("1")), os.ErrClosed)
	require.Equal(t, `a={"x":2} c=3`, kept(t, openStore(t, dir)))
}

func TestStoreRefuses(t *testing.T) {
	s := openStore(t, t.TempDir())
	for _, c := range []struct{ key, document string }{
		{"", "1"}, {"a b", "1"}, {"a\nb", "1"}, {"a", ""}, {"a", "1\n2"}, {"a", "-"},
	} {
		require.Error(t, s.Put(c.key, []byte(c.document)), "%q %q", c.key, c.document)
	}
	require.Empty(t, kept(t, s))
}

func TestStoreHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	_, err := node.OpenStore(dir)
	require.ErrorContains(t, err, "another program has it open")
	require.NoError(t, s.Close())
	openStore(t, dir)
}

// TestStoreCutAnywhere holds that of a file which ends anywhere, as after a crash, every line that is whole counts.
func TestStoreCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	var want []string // what the store has when the first n bytes are there
	text := func() []byte {
		b, err := os.ReadFile(filepath.Join(dir, "pods.log"))
		require.NoError(t, err)
		return b
	}
	at, before := 0, ""
	for _, do := range []func() error{
		func() error { return s.Put("a", []byte(`{"x":1}`)) },
		func() error { return s.Put("b", []byte(`"two"`)) },
		func() error { return s.Put("a", []byte(`{"x":22}`)) },
		func() error { return s.Delete("b") },
	} {
		require.NoError(t, do())
		for ; at < len(text()); at++ {
			want = append(want, before)
		}
		before = kept(t, s)
	}
	whole := text()
	require.NoError(t, s.Close())
	for n := range whole {
		cut := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(cut, "pods.log"), whole[:n], 0o600))
		s := openStore(t, cut)
		require.Equal(t, want[n], kept(t, s), "%d bytes", n)
		require.NoError(t, s.Put("z", []byte("9")))
		require.NoError(t, s.Close())
		require.Equal(t, strings.TrimSpace(want[n]+" z=9"), kept(t, openStore(t, cut)), "%d bytes, and one more", n)
	}
}

// TestStoreCutsOffATornTail holds that nothing of a line that was not written whole is left behind a shorter one that takes its place.
func TestStoreCutsOffATornTail(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pods.log")
	s := openStore(t, dir)
	require.NoError(t, s.Put("a", []byte(`1`)))
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, s.Put("a", []byte(`"`+strings.Repeat("long", 20)+`"`)))
	require.NoError(t, s.Close())
	long, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, long[:len(long)-1], 0o600))

	s = openStore(t, dir)
	require.Equal(t, 1, s.Damaged())
	left, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(whole), string(left), "before anything is written")
	require.NoError(t, s.Put("b", []byte(`2`)))
	require.NoError(t, s.Close())
	s = openStore(t, dir)
	require.Equal(t, "a=1 b=2", kept(t, s))
	require.Zero(t, s.Damaged())
}

// TestStoreDamage holds that a line with a wrong byte is left out, and no other.
func TestStoreDamage(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	require.NoError(t, s.Put("a", []byte(`1`)))
	require.NoError(t, s.Put("b", []byte(`2`)))
	require.NoError(t, s.Close())
	file := filepath.Join(dir, "pods.log")
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	for i := range bytes.IndexByte(b, '\n') {
		broken := bytes.Clone(b)
		broken[i] ^= 1
		require.NoError(t, os.WriteFile(file, broken, 0o600))
		s := openStore(t, dir)
		require.Equal(t, "b=2", kept(t, s), "byte %d", i)
		require.Equal(t, 1, s.Damaged())
		require.NoError(t, s.Close())
	}
}

func TestStoreStaysSmall(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	long := strings.Repeat("x", 10_000)
	for i := range 1000 {
		require.NoError(t, s.Put(fmt.Sprint("pod", i%7), fmt.Appendf(nil, "%q", long)))
	}
	stat, err := os.Stat(filepath.Join(dir, "pods.log"))
	require.NoError(t, err)
	require.Less(t, stat.Size(), int64(2<<20))
	require.NoError(t, s.Put("last", []byte("1")))
	_, err = node.OpenStore(dir)
	require.Error(t, err, "the new file is locked as well")
	require.NoError(t, s.Close())
	require.Equal(t, 8, strings.Count(kept(t, openStore(t, dir)), "="))
}
