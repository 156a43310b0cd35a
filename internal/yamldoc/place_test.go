package yamldoc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSyntaxFaultsAreOnTheirLine: what the fallback says of a place is brought to the line it means.
func TestSyntaxFaultsAreOnTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: {c: [}\n":        "2:1: not valid YAML: did not find expected node content",
		"a: 1\nb: 2\nc: *nobody\n": "3:4: not valid YAML: unknown anchor 'nobody' referenced",
	} {
		_, faults := Parse([]byte(text), Limits{})
		require.Len(t, faults, 1)
		require.Equal(t, want, faults[0].Error())
	}
}
