package cluster

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Client returns a client of the cluster. It may be used by any number of goroutines. What it writes is stored when the call
// returns; what follows from that happens while the clock runs.
func (c *Cluster) Client() Client { return client{c} }

// client is the Client of a Cluster in memory.
type client struct{ c *Cluster }

// locked runs do for a request whose context has not ended.
func (a client) locked(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	if a.c.follows > 0 {
		a.c.catchUp(time.Now())
	}
	return do()
}

// stored runs do, and returns a copy of the object that it stored or found.
func (a client) stored(ctx context.Context, do func() (*item, error)) (o object.Object, err error) {
	err = a.locked(ctx, func() error {
		it, err := do()
		if err == nil {
			o = object.Clone(it.object())
		}
		return err
	})
	return o, err
}

func (a client) Create(ctx context.Context, o object.Object) (object.Object, error) {
	return a.stored(ctx, func() (*item, error) {
		return a.c.create(o)
	})
}

func (a client) Read(ctx context.Context, kind object.Kind, key pod.Key) (o object.Object, err error) {
	err = a.locked(ctx, func() error {
		o = object.Clone(view{c: a.c}.Read(kind, whole(kind, key)))
		if o == nil {
			return notFound(kind, key.Name)
		}
		return nil
	})
	return o, err
}

func (a client) List(ctx context.Context, kind object.Kind, options ListOptions) (l *List, err error) {
	f, err := newFilter(kind, options)
	if err != nil {
		return nil, err
	}
	err = a.locked(ctx, func() error {
		l = &List{ResourceVersion: a.c.version()}
		found := a.c.list(a.c.store.shelf(kind), f)
		if kind == object.LeaseKind {
			found = view{c: a.c}.leases(options.Namespace)
		}
		l.Items = make([]object.Object, 0, len(found))
		for _, o := range found {
			if f.matches(o) {
				l.Items = append(l.Items, object.Clone(o))
			}
		}
		return nil
	})
	return l, err
}

func (a client) Watch(ctx context.Context, kind object.Kind, options WatchOptions) (w Watch, err error) {
	err = a.locked(ctx, func() error {
		made, err := a.c.newWatch(kind, options)
		if err == nil {
			w = made
		}
		return err
	})
	return w, err
}

func (a client) Update(ctx context.Context, o object.Object) (object.Object, error) {
	return a.write(ctx, o, pod.SubresourceNone)
}

func (a client) UpdateStatus(ctx context.Context, o object.Object) (object.Object, error) {
	return a.write(ctx, o, pod.SubresourceStatus)
}

func (a client) UpdateSubresource(ctx context.Context, o object.Object, sub pod.Subresource) (object.Object, error) {
	if kind := object.KindOf(o); kind != object.PodKind && sub != pod.SubresourceNone && sub != pod.SubresourceStatus {
		return nil, refuse(pod.StatusReasonNotFound, "%s have no subresource %q", resource(kind), sub)
	}
	return a.write(ctx, o, sub)
}

func (a client) write(ctx context.Context, o object.Object, sub pod.Subresource) (object.Object, error) {
	return a.stored(ctx, func() (*item, error) {
		if err := a.c.faults.refuseUpdate(a.c, o); err != nil {
			return nil, err
		}
		return a.c.update(o, sub)
	})
}

func (a client) Patch(ctx context.Context, kind object.Kind, key pod.Key, patch []byte) (object.Object, error) {
	return a.stored(ctx, func() (*item, error) { return a.c.patch(kind, key, patch) })
}

func (a client) Delete(ctx context.Context, kind object.Kind, key pod.Key, options object.DeleteOptions) error {
	return a.found(ctx, kind, key, func(it *item) error { return a.c.delete(it, options) })
}

func (a client) Bind(ctx context.Context, key pod.Key, node string) error {
	return a.found(ctx, object.PodKind, key, func(it *item) error { return a.c.bind(it, node) })
}

func (a client) Evict(ctx context.Context, key pod.Key, options object.DeleteOptions) error {
	return a.found(ctx, object.PodKind, key, func(it *item) error { return a.c.evict(it, options) })
}

func (a client) found(ctx context.Context, kind object.Kind, key pod.Key, do func(*item) error) error {
	return a.locked(ctx, func() error {
		it := a.c.store.find(kind, key)
		if it == nil {
			return notFound(kind, key.Name)
		}
		return do(it)
	})
}

func (c *Cluster) bind(it *item, node string) error {
	p := it.pod()
	bare := *p
	bare.Spec = pod.Spec{NodeName: p.Spec.NodeName, SchedulingGates: p.Spec.SchedulingGates}
	next, err := pod.Bind(&bare, &pod.Binding{
		ObjectMeta: pod.ObjectMeta{Name: p.Name, Namespace: p.Namespace, UID: p.UID},
		Target:     pod.ObjectReference{Kind: "Node", Name: node},
	}, pod.NewTime(c.now))
	if err != nil {
		return err
	}
	next.Spec = p.Spec
	next.Spec.NodeName = node
	if next.OwnerReferences = p.OwnerReferences; maps.Equal(next.Labels, p.Labels) {
		next.Labels = p.Labels
	}
	c.put(it, next)
	return nil
}

func compareKeys(a, b pod.Key) int {
	if d := strings.Compare(a.Namespace, b.Namespace); d != 0 {
		return d
	}
	return strings.Compare(a.Name, b.Name)
}
