package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	kubetesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// kubeClient is a clientset of Kubernetes whose API server is a podlife cluster: so Kubernetes' own controllers run on the same API
// server, nodes and pods as podlife's, and whatever is different is the controllers'. It is for a bubble of testing/synctest in
// which the cluster follows the clock.
type kubeClient struct {
	*fake.Clientset
	cluster *cluster.Cluster
	ctx     context.Context

	mu     sync.Mutex
	born   map[types.UID]int // the order in which objects were first seen
	events map[string]*corev1.Event
	said   []said
	wrote  map[string]int // writes by resource, but for events
}

// said is one occurrence of an event.
type said struct {
	at    time.Time
	event *corev1.Event
}

// served are the kinds that the clientset knows, by resource.
var served = map[string]object.Kind{
	"pods": object.PodKind, "nodes": object.NodeKind, "namespaces": object.NamespaceKind, "persistentvolumeclaims": object.PersistentVolumeClaimKind,
	"jobs": object.JobKind, "cronjobs": object.CronJobKind, "deployments": object.DeploymentKind, "replicasets": object.ReplicaSetKind,
	"statefulsets": object.StatefulSetKind, "daemonsets": object.DaemonSetKind, "controllerrevisions": object.ControllerRevisionKind,
}

func newKubeClient(ctx context.Context, c *cluster.Cluster) *kubeClient {
	k := &kubeClient{
		Clientset: &fake.Clientset{}, cluster: c, ctx: ctx,
		born: map[types.UID]int{}, events: map[string]*corev1.Event{}, wrote: map[string]int{},
	}
	k.AddReactor("*", "events", k.event)
	k.AddReactor("*", "*", func(a kubetesting.Action) (bool, runtime.Object, error) {
		o, err := k.do(a)
		return true, o, asStatus(err)
	})
	k.AddWatchReactor("*", func(a kubetesting.Action) (bool, watch.Interface, error) {
		w, err := k.watch(a.(kubetesting.WatchActionImpl))
		return true, w, asStatus(err)
	})
	return k
}

// asStatus is podlife's error as client-go's.
func asStatus(err error) error {
	refused, ok := err.(*pod.StatusError)
	if !ok {
		return err
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Reason: metav1.StatusReason(refused.Reason), Message: refused.Error(), Code: int32(refused.Code()),
	}}
}

// do carries out one request.
func (k *kubeClient) do(a kubetesting.Action) (runtime.Object, error) {
	kind, ok := served[a.GetResource().Resource]
	if !ok {
		return nil, fmt.Errorf("resource %q: not served", a.GetResource().Resource)
	}
	client, key := k.cluster.Client(), func(name string) pod.Key { return pod.Key{Namespace: a.GetNamespace(), Name: name} }
	if a.GetVerb() != "list" && a.GetVerb() != "get" {
		k.mu.Lock()
		k.wrote[a.GetResource().Resource]++
		k.mu.Unlock()
	}
	switch a := a.(type) {
	case kubetesting.ListActionImpl:
		l, err := client.List(k.ctx, kind, cluster.ListOptions{Namespace: a.GetNamespace()})
		if err != nil {
			return nil, err
		}
		return k.list(a.Kind, l)
	case kubetesting.GetActionImpl:
		return k.asTheirs(client.Read(k.ctx, kind, key(a.Name)))
	case kubetesting.CreateActionImpl:
		o := asOurs(kind, a.Object)
		o.Meta().Namespace, o.Meta().CreationTimestamp = a.GetNamespace(), pod.Time{}
		return k.asTheirs(client.Create(k.ctx, o))
	case kubetesting.UpdateActionImpl:
		if a.Subresource == "status" {
			return k.asTheirs(client.UpdateStatus(k.ctx, asOurs(kind, a.Object)))
		}
		return k.asTheirs(client.Update(k.ctx, asOurs(kind, a.Object)))
	case kubetesting.PatchActionImpl:
		return k.patch(kind, key(a.Name), a.Patch, a.Subresource)
	case kubetesting.DeleteActionImpl:
		return nil, client.Delete(k.ctx, kind, key(a.Name), ourDelete(a.DeleteOptions))
	}
	return nil, fmt.Errorf("%s of %s: not served", a.GetVerb(), kind.Name)
}

func ourDelete(o metav1.DeleteOptions) (out object.DeleteOptions) {
	out.GracePeriodSeconds = o.GracePeriodSeconds
	if p := o.Preconditions; p != nil && p.UID != nil {
		out.UID = pod.UID(*p.UID)
	}
	if o.PropagationPolicy != nil {
		out.Propagation = object.DeletionPropagation(*o.PropagationPolicy)
	}
	return out
}

// patch applies a strategic merge patch.
func (k *kubeClient) patch(kind object.Kind, key pod.Key, patch []byte, subresource string) (runtime.Object, error) {
	is, err := k.asTheirs(k.cluster.Client().Read(k.ctx, kind, key))
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(is)
	if err != nil {
		return nil, err
	}
	if text, err = strategicpatch.StrategicMergePatch(text, patch, is); err != nil {
		return nil, err
	}
	next := object.New(kind)
	if err := json.Unmarshal(text, next); err != nil {
		return nil, err
	}
	if subresource == "status" {
		return k.asTheirs(k.cluster.Client().UpdateStatus(k.ctx, next))
	}
	return k.asTheirs(k.cluster.Client().Update(k.ctx, next))
}

// combined is how the message of an event begins that stands for several.
const combined = "(combined from similar events): "

// event keeps what is said. Events are not stored in the cluster, for UIDs are drawn in order.
//
// They are named after the time, which is the same for many in a bubble: so they get other names, but for combined ones, which their
// sender would not recognize then.
func (k *kubeClient) event(a kubetesting.Action) (bool, runtime.Object, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var e corev1.Event
	var key string
	switch a := a.(type) {
	case kubetesting.CreateActionImpl:
		a.Object.(*corev1.Event).DeepCopyInto(&e)
		if key = combinedKey(e.Name, e.Message); key == "" {
			e.Name = fmt.Sprintf("%s.%d", e.Name, len(k.events))
			key = e.Name
		}
	case kubetesting.PatchActionImpl:
		if err := json.Unmarshal(a.Patch, &e); err != nil {
			return true, nil, err
		}
		if key = combinedKey(a.Name, e.Message); key == "" {
			key = a.Name
		}
		if k.events[key] == nil {
			return true, nil, fmt.Errorf("event %q: not known", key)
		}
		k.events[key].DeepCopyInto(&e)
		if err := json.Unmarshal(a.Patch, &e); err != nil {
			return true, nil, err
		}
	default:
		return true, nil, fmt.Errorf("%s of events: not served", a.GetVerb())
	}
	k.events[key] = &e
	k.said = append(k.said, said{time.Now(), &e})
	return true, &e, nil
}

// combinedKey tells combined events of one name apart by the first word of what they stand for; it is empty for other events.
func combinedKey(name, message string) string {
	rest, ok := strings.CutPrefix(message, combined)
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(rest, " ")
	return name + " " + word
}

// asTheirs is an object as Kubernetes' own type.
func (k *kubeClient) asTheirs(o object.Object, err error) (runtime.Object, error) {
	if err != nil {
		return nil, err
	}
	kind := object.KindOf(o)
	gv, err := schema.ParseGroupVersion(kind.APIVersion)
	if err != nil {
		return nil, err
	}
	out, err := scheme.Scheme.New(gv.WithKind(kind.Name))
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(text, out)
}

// asOurs is an object of Kubernetes as podlife's.
func asOurs(kind object.Kind, o runtime.Object) object.Object {
	text, err := json.Marshal(o)
	out := object.New(kind)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

func (k *kubeClient) list(kind schema.GroupVersionKind, l *cluster.List) (runtime.Object, error) {
	kind.Kind += "List"
	out, err := scheme.Scheme.New(kind)
	if err != nil {
		return nil, err
	}
	items := []json.RawMessage{}
	for _, o := range l.Items {
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		items = append(items, text)
	}
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": l.ResourceVersion}, "items": items})
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(text, out)
}

// kubeWatch shows a watch of the cluster as client-go's.
type kubeWatch struct {
	of     cluster.Watch
	result chan watch.Event
	stop   context.CancelFunc
}

func (w *kubeWatch) Stop() { w.stop() }

func (w *kubeWatch) ResultChan() <-chan watch.Event { return w.result }

func (k *kubeClient) watch(a kubetesting.WatchActionImpl) (watch.Interface, error) {
	of, err := k.cluster.Client().Watch(k.ctx, served[a.GetResource().Resource], cluster.WatchOptions{
		ListOptions: cluster.ListOptions{Namespace: a.GetNamespace()}, ResourceVersion: a.ListOptions.ResourceVersion,
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(k.ctx)
	w := &kubeWatch{of, make(chan watch.Event), stop}
	go func() {
		defer close(w.result)
		for {
			e, err := of.Next(ctx)
			if err != nil {
				return
			}
			o, err := k.asTheirs(e.Object, nil)
			if err != nil {
				panic(err)
			}
			k.see(types.UID(e.Object.Meta().UID))
			select {
			case w.result <- watch.Event{Type: watch.EventType(e.Type), Object: o}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return w, nil
}

// see takes note of an object the first time.
func (k *kubeClient) see(uid types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.born[uid] == 0 {
		k.born[uid] = len(k.born) + 1
	}
}

// byCreation is an informer whose indexes list objects in the order of their creation, and not in that of a map: of several orders that are
// right, the controllers of both sides then take the same.
type byCreation struct {
	cache.SharedIndexInformer
	k *kubeClient
}

func (i byCreation) GetIndexer() cache.Indexer {
	return orderedIndexer{i.SharedIndexInformer.GetIndexer(), i.k}
}

type orderedIndexer struct {
	cache.Indexer
	k *kubeClient
}

func (i orderedIndexer) ByIndex(name, value string) ([]any, error) {
	list, err := i.Indexer.ByIndex(name, value)
	i.k.mu.Lock()
	defer i.k.mu.Unlock()
	slices.SortFunc(list, func(a, b any) int {
		return i.k.born[a.(metav1.Object).GetUID()] - i.k.born[b.(metav1.Object).GetUID()]
	})
	return list, err
}

// grain is what time is cut to: what happens within one happens at one instant.
const grain = time.Microsecond

// patientQueue lets a controller begin with a key a nanosecond or so late. In a bubble that is after everything else that happens at this
// instant: the API server, nodes and the garbage collector have done what they have to do at once, and all informers have seen it.
type patientQueue[T comparable] struct {
	workqueue.TypedRateLimitingInterface[T]
	late time.Duration
}

func (q patientQueue[T]) Get() (item T, shutdown bool) {
	item, shutdown = q.TypedRateLimitingInterface.Get()
	if !shutdown {
		time.Sleep(q.late)
	}
	return item, shutdown
}

// bePatient puts a patientQueue around one of the queues of a controller of Kubernetes.
func bePatient[T comparable](c any, field string, late time.Duration) {
	f := reflect.ValueOf(c).Elem().FieldByName(field)
	f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	f.Set(reflect.ValueOf(patientQueue[T]{f.Interface().(workqueue.TypedRateLimitingInterface[T]), late}))
}

// controllers is Kubernetes' controllers that run in a bubble.
type controllers struct {
	client  *kubeClient
	factory informers.SharedInformerFactory
	stop    context.CancelFunc
	running sync.WaitGroup
}

// startControllers runs controllers of Kubernetes on a cluster, in a bubble.
func startControllers(t *testing.T, c *cluster.Cluster, start func(ctx context.Context, c *controllers)) *controllers {
	ctx, stop := context.WithCancel(context.Background())
	client := newKubeClient(ctx, c)
	k := &controllers{client: client, factory: informers.NewSharedInformerFactory(client, 0), stop: stop}
	start(ctx, k)
	k.factory.Start(ctx.Done())
	for kind, ok := range k.factory.WaitForCacheSync(ctx.Done()) {
		if !ok {
			t.Fatalf("the informer of %v never synced", kind)
		}
	}
	return k
}

// run runs a controller with one worker.
func (k *controllers) run(ctx context.Context, run func(ctx context.Context, workers int)) {
	k.running.Go(func() { run(ctx, 1) })
}

// end stops everything that startControllers started.
func (k *controllers) end() {
	k.stop()
	k.running.Wait()
	k.factory.Shutdown()
}
