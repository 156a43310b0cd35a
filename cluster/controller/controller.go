// Package controller is the shape of a controller: told the time and what it sees, it answers what to change and when to
// look again.
//
//	now, key, View   ->   Reconcile   ->   Plan: Changes, Wake
//
// A controller decides and does nothing else: whoever drives it (cluster in virtual time, later a program beside a real
// API server) keeps the queue of keys, shows it the objects, and carries its changes out in their order.
//
// # The life of one call
//
//  1. An object changes. Each Concern of its kind turns the change into keys, which are queued; a key that is queued
//     already is queued once.
//  2. The driver calls Reconcile with a key as soon as the View shows everything that this controller has written before.
//  3. It carries the changes out one after the other; changes of pods next to one another may go out together. If one is refused, it says
//     what the change has for that case, drops what has not gone out, but for what is to be done regardless, and queues the key again
//     after a growing delay; Request.Refused tells the next call why.
//  4. At Plan.Wake it queues the key again, whatever has changed.
//
// # Invariants
//
//  1. Reconcile is a function of its request: the same request yields the same plan. It keeps nothing from one call to the
//     next but the Memo of a plan.
//  2. An object that a View shows is never written to; a change holds a copy.
//  3. A plan for which there is nothing to do is empty: a controller that has converged is silent.
package controller

import (
	"iter"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Controller looks after the objects of one kind, one at a time.
type Controller interface {
	// Name is who the controller is in events and managed fields, as in "replicaset-controller".
	Name() string
	// Concerns are the changes after which it looks. They are asked for once.
	Concerns() []Concern
	// Reconcile says what is to be done for one object, which may have gone.
	Reconcile(r Request) Plan
}

// Reporter is a Controller that has something to say of a refusal before it tries again.
type Reporter interface {
	// Report is asked at once when a change of a plan was refused, with Request.Refused; the driver carries out its changes, as a status that
	// says why, and asks Reconcile after the delay. It is not asked again of what is refused in its own plan, whose Wake and Memo do not count.
	Report(r Request) Plan
}

// Patient is a Controller whose refused plans are tried again after other delays than those of most: 5 ms, then twice as long each time, up
// to 1000 s.
type Patient interface {
	// Backoff is the delay after the first refusal in a row, and the longest. It doubles in between.
	Backoff() (first, longest time.Duration)
}

// Concern is a kind of object whose changes a controller hears of.
type Concern struct {
	Kind object.Kind
	// Keys are what to look at when an object of the kind has changed; was is nil for a new object, is nil for one that has
	// gone. A nil Keys is the object itself.
	Keys func(v View, was, is object.Object) []pod.Key
	// Delay is how long the look waits after the first change that it has not seen, to see several at once. 0 is at once.
	Delay time.Duration
}

// Request is one call of Reconcile.
type Request struct {
	// Now is the time. It never goes back.
	Now time.Time
	// Key is the object to look at.
	Key pod.Key
	// View shows the objects. It is valid during the call.
	View View
	// Refused is why a change of the plan before, for the same key, was not carried out; nil if all were. It is, or wraps, a
	// *Refusal.
	Refused error
	// Failures is how many plans in a row, for this key, could not be carried out.
	Failures int
	// Memo is what the plan before, for the same key, left; nil for the first call and after a restart of the driver.
	Memo any
}

// View is what a controller sees: the objects as they are, or as they were a moment ago. Nothing that it hands out is to be
// written to, and nothing is to be kept for longer than the call.
type View interface {
	// Read returns the object, or nil if there is none of that name.
	Read(kind object.Kind, key pod.Key) object.Object
	// List yields the objects of a kind in one namespace (all namespaces, and objects without one, for ""), in the order of
	// their creation.
	List(kind object.Kind, namespace string) iter.Seq[object.Object]
	// Owned yields the objects of a kind whose controlling owner has that UID, in the order of their creation.
	Owned(kind object.Kind, owner pod.UID) iter.Seq[object.Object]
	// Labeled yields the objects of a kind in a namespace that the selector selects, in the order of their creation.
	Labeled(kind object.Kind, namespace string, selector *pod.LabelSelector) iter.Seq[object.Object]
}

// Plan is what is to be done. The zero Plan is nothing.
type Plan struct {
	// Changes are to be carried out in this order.
	Changes []Change
	// Wake is when to look again at the latest; zero: not before something changes.
	Wake time.Time
	// Memo is handed to the next call for the same key, whatever becomes of the changes; nil forgets. It holds what cannot be read
	// off the objects, such as since when something is missed, and what a controller can do without after a restart. It is
	// never written to once it has been handed out.
	Memo any
}

// Change is one write to the API, or an event. Objects in it belong to whoever gets the plan.
type Change struct {
	Kind ChangeKind
	// Object is what to create, or the object as it is to be; for Delete and Evict any state of the object, whose name and
	// UID count; for Emit the object that the event is about.
	Object object.Object
	// Event goes with Emit. With any other kind, an Event that has a Reason is emitted once the change has been carried out;
	// NamePlace in its message is then the name of Object, which the server may have made.
	Event Event
	// Refused, if it has a Reason, is emitted where the change is refused, unless because the object exists already. ErrorPlace in its
	// message is then why.
	Refused Event
	// About is what an event that goes with another kind than Emit is about, as the owner of a new pod; nil is Object.
	About object.Object
	// Delete goes with Delete and Evict.
	Delete object.DeleteOptions
	// Regardless says that the change is carried out even where one before it in the plan was refused, as a status that only says
	// what there is.
	Regardless bool
}

// NamePlace stands in the message of an event for the name of the object that the event's change makes.
const NamePlace = "{name}"

// ErrorPlace stands in the message of a refusal's event for the error.
const ErrorPlace = "{error}"

// Refusal is a change that was not carried out.
type Refusal struct {
	// Change is what was wanted.
	Change Change
	// Err is why not.
	Err error
}

// Error is the error of the one who refused.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap is the error of the one who refused.
func (r *Refusal) Unwrap() error { return r.Err }

// Unsettled is what a View may show besides, for the sake of owners of very many pods. Where a View has not got it, a controller
// looks at all pods of the owner each time.
type Unsettled interface {
	// Unsettled yields those pods whose controlling owner has that UID that have not ended or hold a finalizer, in the order
	// of their creation.
	Unsettled(owner pod.UID) iter.Seq[*pod.Pod]
}

// Orphans is what a View may show besides, for the sake of namespaces with very many objects. Where a View has not got it, a
// controller looks at all objects that its selector selects each time.
type Orphans interface {
	// Orphans yields those objects of a kind in a namespace that have no controlling owner and that the selector selects, in the order of
	// their creation.
	Orphans(kind object.Kind, namespace string, selector *pod.LabelSelector) iter.Seq[object.Object]
}

// Claiming is what a View may show besides, for the sake of claims that are being deleted among very many pods. Where a View has not got
// it, a controller looks at all pods of the namespace each time.
type Claiming interface {
	// Claiming yields the pods with a volume of that claim, in the order of their creation. It shows them as they are, however late the
	// rest of the view is.
	Claiming(claim pod.Key) iter.Seq[*pod.Pod]
}

// Placed is what a View may show besides, for the sake of clusters with very many pods. Where a View has not got it, a
// controller looks at all pods each time.
type Placed interface {
	// OnNode yields the pods that are bound to a node, in the order of their creation.
	OnNode(node string) iter.Seq[*pod.Pod]
}

// ChangeKind is what a Change does.
type ChangeKind uint8

const (
	// Create makes a new object. The server gives it its UID, and a name where only generateName is set.
	Create ChangeKind = iota + 1
	// Update writes metadata and spec. It is refused where the object has changed since the controller saw it.
	Update
	// UpdateStatus writes the status, likewise.
	UpdateStatus
	// Delete asks for the object's end. It is not refused where the object has gone; with a UID that is not the object's, it
	// does nothing.
	Delete
	// Evict asks for a pod's end where its disruption budgets allow it.
	Evict
	// Emit says something about an object.
	Emit
)

// Event is what a controller says about an object, in Kubernetes' words.
type Event struct {
	// Type is Normal or Warning.
	Type string
	// Reason is one CamelCase word.
	Reason string
	// Message is one sentence.
	Message string
}
