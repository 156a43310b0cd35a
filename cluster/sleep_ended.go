package cluster

import (
	"github.com/podlife/podlife/internal/pack"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// retire takes the life from a pod whose life is over, and keeps what its status can be made of.
func (t *tenant) retire() {
	it := t.item
	it.whole = it.object()
	it.tenant = nil
	saved := t.life.Machine.Save()
	saved.UID = ""
	c := pack.Write(nil)
	pack.Text(c, &t.host.name)
	packed, _ := saved.AppendBinary(c.Bytes()) // it never fails
	it.sleep.ended, it.sleep.packed, it.sleep.head = true, string(packed), 0
	t.host.c.sleepers.touch(it)
}

// restForever lets go of the object of a pod that has ended, if the same can be made of what is kept.
func (it *item) restForever() bool {
	if it.whole == nil {
		return true
	}
	next := it.sleep
	p := it.pod()
	next.template = next.template.c.templates.of(p, next.template)
	head := next.template.append(nil, p)
	next.packed, next.head = string(append(head, next.packed[next.head:]...)), int32(len(head))
	if !object.Equal(p, next.remains()) {
		return false
	}
	it.sleep, it.whole = next, nil
	return true
}

// remains is the object of a pod that has ended.
func (s *sleep) remains() *pod.Pod {
	p, err := s.template.read(s.packed[:s.head])
	if err != nil {
		panic(err) // it was tried when it fell asleep
	}
	c := pack.Read([]byte(s.packed[s.head:]))
	pack.Text(c, &p.Spec.NodeName)
	var saved lifecycle.Saved
	if err := saved.UnmarshalBinary(c.Bytes()); err != nil {
		panic(err)
	}
	saved.UID = p.UID
	m, err := lifecycle.Restore(p, s.template.c.hosts[p.Spec.NodeName].machine, saved, nil)
	if err != nil {
		panic(err)
	}
	p.Status = m.Status()
	return p
}
