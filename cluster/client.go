package cluster

import (
	"context"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Client is how programs talk to a cluster. A controller written against it can be run in virtual time, and later against
// a real Kubernetes.
//
// Objects that go in are copied, and those that come out are the caller's own. Errors are *pod.StatusError with
// Kubernetes' reason, code and message; errors.Is finds ErrNotFound and its like.
//
// An empty namespace in a key means "default" for a kind whose objects are in namespaces.
type Client interface {
	// Create stores a new object and returns it as stored: with its defaults, name, UID and resource version.
	Create(ctx context.Context, o object.Object) (object.Object, error)
	// Read returns the object of that name.
	Read(ctx context.Context, kind object.Kind, key pod.Key) (object.Object, error)
	// List returns all objects of a kind that the options select, in the order of their names.
	List(ctx context.Context, kind object.Kind, options ListOptions) (*List, error)
	// Watch shows changes from a resource version on.
	Watch(ctx context.Context, kind object.Kind, options WatchOptions) (Watch, error)
	// Update replaces metadata and spec. It is refused with a Conflict if o has a resource version that is not the stored one's.
	Update(ctx context.Context, o object.Object) (object.Object, error)
	// UpdateStatus replaces the status, likewise.
	UpdateStatus(ctx context.Context, o object.Object) (object.Object, error)
	// UpdateSubresource replaces what one subresource of a pod owns, likewise: pod.SubresourceResize the resources of the pod and of its
	// containers, which its node gives to what runs when it has them, and pod.SubresourceEphemeralContainers what the name says.
	UpdateSubresource(ctx context.Context, o object.Object, sub pod.Subresource) (object.Object, error)
	// Patch applies a JSON merge patch (RFC 7386) to metadata and spec.
	Patch(ctx context.Context, kind object.Kind, key pod.Key, patch []byte) (object.Object, error)
	// Delete asks for the object's end.
	Delete(ctx context.Context, kind object.Kind, key pod.Key, options object.DeleteOptions) error
	// Bind binds a pod to a node, once in its life.
	Bind(ctx context.Context, key pod.Key, node string) error
	// Evict asks for a pod's end where its disruption budgets allow it.
	Evict(ctx context.Context, key pod.Key, options object.DeleteOptions) error
}

// ListOptions narrow a List or a Watch. The zero value takes everything.
type ListOptions struct {
	// Namespace is where to look; empty is everywhere.
	Namespace string
	// Labels select by labels; nil takes all.
	Labels *pod.LabelSelector
	// Fields select by fields, as in "spec.nodeName=node-1,status.phase!=Running"; empty takes all. All kinds know metadata.name
	// and metadata.namespace, pods also spec.nodeName, spec.restartPolicy, spec.schedulerName, spec.serviceAccountName,
	// spec.hostNetwork, status.phase, status.podIP and status.nominatedNodeName, events involvedObject.kind, .name, .namespace and .uid,
	// reason and type.
	Fields string
}

// List is what a List found.
type List struct {
	Items []object.Object
	// ResourceVersion is the state of the cluster that the list shows; a Watch from it on shows whatever comes after.
	ResourceVersion string
}

// WatchOptions say what to watch.
type WatchOptions struct {
	ListOptions
	// ResourceVersion is the state after which changes are shown. Empty begins with an Added for each object that there is.
	ResourceVersion string
	// Bookmarks asks for bookmarks: now and then, an event without an object, whose resource version may be watched from.
	Bookmarks bool
}

// Watch is a sequence of changes in the order in which they happened, none left out. It is pulled: nothing is sent, and a watch
// that nobody pulls costs nothing. One that is pulled too late, when the history has gone, ends with ErrExpired: list again.
type Watch interface {
	// Poll returns the next event if there is one already.
	Poll() (WatchEvent, bool)
	// Next waits for the next event. It fails with the error of ctx, with ErrExpired, or with ErrStopped.
	Next(ctx context.Context) (WatchEvent, error)
	// Err is why the watch has ended, or nil.
	Err() error
	// Stop ends the watch.
	Stop()
}

// WatchEvent is one change.
type WatchEvent struct {
	Type WatchType
	// Object is the object as it is now, or as it last was where it is Deleted. A bookmark's has a resource version alone.
	Object object.Object
}

// WatchType says what has happened to an object, as the watcher sees it: to one that no longer matches its selectors, Deleted.
type WatchType string

// The types of events.
const (
	Added    WatchType = "ADDED"
	Modified WatchType = "MODIFIED"
	Deleted  WatchType = "DELETED"
	Bookmark WatchType = "BOOKMARK"
)
