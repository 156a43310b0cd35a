package main

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The lost node's pod is marked 300 s after its node was found to be lost, replaced at once, and gone when the node is back;
// where all nodes are lost, no pod is marked.
func TestTell(t *testing.T) {
	var out bytes.Buffer
	_, err := tell(&out)
	require.NoError(t, err)
	story := regexp.MustCompile(`web-\S+-`).ReplaceAllString(out.String(), "web-")
	require.Regexp(t, `(?s)1m5\ds  web-(\w+) is not ready.*6m5\ds  web-\w+ is to stop\n +6m5\ds  web-\w+ is ready on node-[23]\n.*9m0s  web-\w+ gone\n`, story)
	lost := regexp.MustCompile(`(?s)all nodes fall silent.*`).FindString(story)
	require.NotContains(t, lost, "is to stop")
	require.Len(t, regexp.MustCompile("is not ready").FindAllString(lost, -1), 3)
}
