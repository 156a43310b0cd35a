package keyed_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/internal/keyed"
	"github.com/podlife/podlife/pod"
)

func TestMap(t *testing.T) {
	var m keyed.Map[int]
	web, other, node := pod.Key{Namespace: "a", Name: "web"}, pod.Key{Namespace: "b", Name: "web"}, pod.Key{Name: "web"}
	m.Delete(web)
	require.Zero(t, m.At(web))
	m.Put(web, 1)
	m.Put(other, 2)
	m.Put(node, 3)
	m.Put(web, 4)
	require.Equal(t, [3]int{4, 2, 3}, [3]int{m.At(web), m.At(other), m.At(node)})
	m.Delete(web)
	m.Delete(web)
	require.Equal(t, [3]int{0, 2, 3}, [3]int{m.At(web), m.At(other), m.At(node)})
}
