package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	for _, row := range []struct{ dir, file string }{{"../../pod", "clone.go"}, {"../../object", "clone.go"}} {
		source, err := os.ReadFile(filepath.Join(row.dir, row.file))
		require.NoError(t, err)
		_, directive, ok := strings.Cut(string(source), "//go:generate go run ../internal/clonegen ")
		require.True(t, ok)
		directive, _, _ = strings.Cut(directive, "\n")
		flags := strings.Fields(directive)
		imported := ""
		if flags[2] == "-import" {
			path, _, _ := strings.Cut(flags[3], "=")
			imported, flags = path+"=../../pod", flags[2:]
		}
		want, err := Generate(row.dir, flags[3], imported, flags[4:])
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(row.dir, flags[3]))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "run: go generate %s", row.dir)
	}
}

func TestGenerate(t *testing.T) {
	for _, tc := range []struct{ name, src, want, fault string }{
		{
			name: "pointer, slice, map, nested and plain fields",
			src: `type Top struct { A int32; B *string; C []string; D map[string]string; E Leaf; F []Leaf; G *Leaf; H *Val; I Val }
				type Leaf struct { X []byte }
				type Val struct { t time.Time }`,
			want: `func (t *Top) cloneTo(to *Top) {
	*to = *t
	to.B = clonePointer(t.B)
	to.C = cloneSlice(t.C)
	to.D = maps.Clone(t.D)
	t.E.cloneTo(&to.E)
	to.F = cloneEach(t.F, (*Leaf).cloneTo)
	to.G = t.G.Clone()
	to.H = clonePointer(t.H)
}`,
		},
		{name: "channel", src: `type Top struct { C chan bool }`, fault: "do not know how to copy a *ast.ChanType"},
		{name: "no such type", src: `type Top struct { C Nothing }`, fault: "unknown type Nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\n"+tc.src), 0o644))
			got, err := Generate(dir, "out.go", "", []string{"Top"})
			if tc.fault != "" {
				require.EqualError(t, err, tc.fault)
				return
			}
			require.NoError(t, err)
			require.Contains(t, string(got), tc.want)
		})
	}
}
