package naming_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/podlife/podlife/naming"
	"github.com/stretchr/testify/require"
)

// always is a source of randomness without any.
func always(i int) func(int) int { return func(int) int { return i } }

func TestGenerate(t *testing.T) {
	for _, c := range []struct {
		base string
		i    int
		want string
	}{
		{"web-", 0, "web-bbbbb"},
		{"web-", 26, "web-99999"},
		{"", 1, "ccccc"},
		{repeat("a", 58), 0, repeat("a", 58) + "bbbbb"},
		{repeat("a", 59), 0, repeat("a", 58) + "bbbbb"},
		{repeat("a", 1000), 0, repeat("a", 58) + "bbbbb"},
		{"web-", 27, "web-bbbbb"},
	} {
		require.Equal(t, c.want, naming.Generate(c.base, always(c.i)))
	}
	require.Len(t, naming.Generate("a", always(-1)), 6, "a number out of range is brought into it")
}

func TestGenerateAsksForEachCharacter(t *testing.T) {
	var asked []int
	name := naming.Generate("job-", func(n int) int {
		asked = append(asked, n)
		return len(asked)
	})
	require.Equal(t, []int{27, 27, 27, 27, 27}, asked)
	require.Equal(t, "job-cdfgh", name)
}

func TestGenerateIsValidAndReproducible(t *testing.T) {
	one, two := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	used := map[byte]bool{}
	for range 1000 {
		name := naming.Generate("web-frontend-", one.IntN)
		require.Equal(t, name, naming.Generate("web-frontend-", two.IntN))
		require.NoError(t, naming.DNS1123Label(name))
		for _, b := range []byte(name[len("web-frontend-"):]) {
			used[b] = true
		}
	}
	require.Len(t, used, len(naming.Alphabet), "all of the alphabet comes out")
}

func TestSafeEncode(t *testing.T) {
	require.Equal(t, "", naming.SafeEncode(""))
	require.Equal(t, "456789bcdf", naming.SafeEncode("0123456789"))
	require.Len(t, naming.SafeEncode("é\xff"), 3)
}

func TestFixName(t *testing.T) {
	for _, c := range []struct {
		in, want string
	}{
		{"web", "web"},
		{"a--b", "a--b"},
		{"My App", "my-app"},
		{"my_app.v1", "my-app-v1"},
		{"--a__b--", "a-b"},
		{"caf\u00e9 cr\u00e8me", "caf-cr-me"},
		{"", "unnamed"},
		{"-", "unnamed"},
		{"\xff\x00", "unnamed"},
		{"日本", "unnamed"},
		{repeat("a", 64), repeat("a", 63)},
		{repeat("A", 62) + "-b", repeat("a", 62)},
		{repeat("A", 61) + "-b", repeat("a", 61) + "-b"},
		{repeat("/", 1<<16) + "x", "x"},
	} {
		require.Equal(t, c.want, naming.FixName(c.in, nil), "%.80q", c.in)
	}
}

func TestFixNameAvoidsTheTaken(t *testing.T) {
	taken := map[string]bool{"web": true, "web-2": true, repeat("a", 63): true}
	has := func(s string) bool { return taken[s] }
	require.Equal(t, "web-3", naming.FixName("web", has))
	require.Equal(t, "web-3", naming.FixName("Web!", has))
	require.Equal(t, repeat("a", 61)+"-2", naming.FixName(repeat("a", 63), has))
	taken[repeat("b", 60)+"-bb"] = true
	require.Equal(t, repeat("b", 60)+"-2", naming.FixName(repeat("b", 60)+"-bb", has), "no two dashes meet")
}

func TestFixNameAllDiffer(t *testing.T) {
	taken := map[string]bool{}
	for range 200 {
		name := naming.FixName(repeat("Long name ", 20), func(s string) bool { return taken[s] })
		require.NoError(t, naming.DNS1123Label(name))
		require.False(t, taken[name])
		taken[name] = true
	}
}

func TestFixNameLeavesAValidNameAlone(t *testing.T) {
	name := strings.Clone("web-frontend")
	require.Zero(t, testing.AllocsPerRun(50, func() { kept = naming.FixName(name, nil) }))
	require.Equal(t, name, kept)
}

var kept string
