package clustertest

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// names gives each object a name without chance in it: web-#1 is the first ReplicaSet (ControllerRevision, Job) of web that
// was seen, web-#1-* a pod of it.
type names struct {
	stable map[string]string // by the real name
	byUID  map[pod.UID]string
	made   map[string]int // how many were seen, by kind and owner
}

func newNames() *names {
	return &names{stable: map[string]string{}, byUID: map[pod.UID]string{}, made: map[string]int{}}
}

// of is the stable name of an object, given at first sight.
func (n *names) of(o object.Object) string {
	m := o.Meta()
	if name, ok := n.byUID[m.UID]; ok {
		return name
	}
	name := m.Name
	switch kind := object.KindOf(o); {
	case kind == object.PodKind && m.GenerateName != "" && ordinalOf(o) == "":
		name = n.text(m.GenerateName) + "*"
	case m.ControllerRef() != nil && (kind == object.ReplicaSetKind || kind == object.ControllerRevisionKind || kind == object.JobKind):
		owner := m.ControllerRef().Name
		key := kind.Name + "/" + owner
		n.made[key]++
		name = fmt.Sprintf("%s-#%d", owner, n.made[key])
	}
	n.byUID[m.UID] = name
	if name != m.Name {
		n.stable[m.Name] = name
	}
	return name
}

// text puts stable names in place of the others.
func (n *names) text(s string) string {
	var b strings.Builder
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return !nameRune(r) })
		if end < 0 {
			end = len(s)
		}
		b.WriteString(n.word(s[:end]))
		s = s[end:]
		next := strings.IndexFunc(s, nameRune)
		if next < 0 {
			next = len(s)
		}
		b.WriteString(s[:next])
		s = s[next:]
	}
	return b.String()
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.'
}

func (n *names) word(w string) string {
	bare := strings.TrimRight(w, "-.")
	if name, ok := n.stable[bare]; ok {
		return name + w[len(bare):]
	}
	return w
}
