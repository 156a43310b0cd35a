package main

import (
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGeneratedFileIsCurrent(t *testing.T) {
	want, err := Generate()
	require.NoError(t, err)
	got, err := os.ReadFile("../../convert_generated.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go generate ./...")
}

func TestDifferencesAreRefused(t *testing.T) {
	type theirs struct {
		Name  string
		Count *int32
	}
	for want, ours := range map[string]any{
		"main.more has 3 fields, main.theirs has 2":   more{},
		"main.theirs has no field Nom":                other{},
		"main.kinds.Count: *int64 is not like *int32": kinds{},
		"main.shapes.Count: int32 is not like *int32": shapes{},
	} {
		g := &generator{funcs: map[string]string{}}
		require.EqualError(t, g.structs(reflect.TypeOf(ours), reflect.TypeFor[theirs]()), want)
	}
}

type more struct {
	Name  string
	Count *int32
	More  bool
}

type other struct {
	Nom   string
	Count *int32
}

type kinds struct {
	Name  string
	Count *int64
}

type shapes struct {
	Name  string
	Count int32
}
