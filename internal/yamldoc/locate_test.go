package yamldoc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLocate(t *testing.T) {
	docs, faults := Parse([]byte(`kind: k
---
kind: shelf
base: &base
  title: t
  tags: [x, é, y]
books:
- title: a
- <<: *base
  pages: 3
- *base
- <<: [{x: 1}, {x: 2, z: 3}]
labels:
  a.b/c: d
  "x[0]": e
  plain: f
none:
`), Limits{})
	require.Empty(t, faults)
	root := docs[1].Root()
	for _, c := range []struct {
		path  string
		want  string
		exact bool
	}{
		{"", "3:1", true},
		{"kind", "3:7", true},
		{"books", "8:1", true},
		{"books[0]", "8:3", true},
		{"books[0].title", "8:10", true},
		{"books[0].pages", "8:3", false},
		{"books[9].pages", "8:1", false},
		{"books[x]", "8:1", false},
		{"books[1].title", "5:10", true},
		{"books[1].pages", "10:10", true},
		{"books[1].tags[2]", "6:16", true},
		{"books[2].tags[1]", "6:13", true},
		{"books[3].x", "12:12", true},
		{"books[3].z", "12:26", true},
		{"labels[a.b/c]", "14:10", true},
		{"labels.a.b/c", "14:10", true},
		{"labels.x[0]", "15:11", true},
		{"labels[plain]", "16:10", true},
		{"labels[none].x.y", "14:3", false},
		{"none", "17:6", true},
		{"none.x", "17:6", false},
		{"kind.x[", "3:7", false},
		{"books[", "8:1", false},
		{"missing", "3:1", false},
	} {
		got, exact := root.Locate(c.path)
		require.Equal(t, c.want, got.String(), c.path)
		require.Equal(t, c.exact, exact, c.path)
	}
	got, exact := Node{}.Locate("a")
	require.Equal(t, Position{}, got)
	require.False(t, exact)
}

func TestNodesOfATree(t *testing.T) {
	docs, faults := Parse([]byte("a: &a [x, ~]\nb: *a\nc: {<<: {d: 1}, d: 2}\ne: {d: 2, <<: {d: 1}}\n1: f\n"), Limits{})
	require.Empty(t, faults)
	root := docs[0].Root()
	require.Equal(t, Mapping, root.Kind())
	require.Equal(t, 5, root.Len())
	require.Equal(t, 2, root.Field("b").Len())
	require.Equal(t, "x", root.Field("b").Item(0).Scalar().Text)
	require.Equal(t, Null, root.Field("b").Item(1).Kind())
	require.True(t, root.Field("b").Item(2).IsZero())
	require.Len(t, root.Field("b").Items(), 2)
	require.Equal(t, "2", root.Field("c").Field("d").Scalar().Text)
	require.Equal(t, "1", root.Field("e").Field("d").Scalar().Text, "the later wins, merged or not")
	require.Equal(t, "f", root.Field("1").Scalar().Text)
	require.True(t, root.Field("z").IsZero())
	require.Nil(t, root.Items())
	require.Equal(t, Null, Node{}.Kind())
	require.Equal(t, 0, Node{}.Field("x").Item(3).Len())
	require.Equal(t, Position{}, Node{}.Position())
}
