package lifecycle

import (
	"net/netip"
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// notInKey are the fields that AppendKey leaves out, and why machines that differ in them alone need no telling apart.
var notInKey = map[string]string{
	"Machine.pod":           "keys are compared for one pod",
	"Machine.cfg":           "keys are compared under one Config",
	"task.since":            "an event's text",
	"task.places":           "room for the queue",
	"shownPod.since":        "a time that the status shows",
	"eviction.message":      "a text that the status shows",
	"eviction.since":        "a time that the status shows",
	"note.message":          "a text that the status shows",
	"resizeCondition.since": "a time that the status shows",
	"resizeCondition.told":  "a time that the status shows",
	"container.spec":        "the pod's",
	"container.imageID":     "a text that the status shows",
	"container.kind":        "the spec says it",
	"run.id":                "a text that the status shows",
	"probe.spec":            "the pod's",
	"probe.said":            "a text that Explain shows",
	"probe.call":            "the spec says it",
	"resizing.from":         "whether it makes a restart is in the key",
	"resizing.to":           "whether it is what the spec asks for is in the key",
}

// Every field of a machine is in its key, or in notInKey with the reason: one that was forgotten would make a model checker
// take two states for one.
func TestKeyKnowsEveryField(t *testing.T) {
	m := everything()
	seen := map[string]bool{}
	walk(reflect.ValueOf(m).Elem(), "", func(field string, v reflect.Value) {
		seen[field] = true
		before := m.AppendKey(nil)
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		alter(v)
		after := m.AppendKey(nil)
		v.Set(was)
		require.Equal(t, before, m.AppendKey(nil), "%s was not put back", field)
		if notInKey[field] == "" {
			require.NotEqual(t, before, after, "%s is not in the key: put it in, or into notInKey with the reason", field)
		} else {
			require.Equal(t, before, after, "%s is in the key, and in notInKey", field)
		}
	})
	for field := range notInKey {
		require.True(t, seen[field], "%s is in notInKey and in no machine", field)
	}
}

// Two views are equal if and only if no field tells them apart.
func TestViewEqual(t *testing.T) {
	v := view{wait: &note{}, attempt: 1, of: viewOfAttempt, state: viewRunning}
	same := v
	require.True(t, v.equal(&same))
	for i := range reflect.TypeFor[view]().NumField() {
		other := v
		f := reflect.ValueOf(&other).Elem().Field(i)
		alter(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		require.False(t, v.equal(&other), reflect.TypeFor[view]().Field(i).Name)
	}
}

// everything is a machine in which nothing is empty, though no life leads to it.
func everything() *Machine {
	says := func(reason pod.Reason) *note { return &note{reason, "text"} }
	attempt := func(n int32) *run {
		return &run{id: "id", end: says("Error"), started: 5, finished: 6, attempt: n, exit: 1, box: 1, state: runExited}
	}
	c := container{
		spec: &pod.Container{Name: "app", Image: "app:1"}, cur: *attempt(2), last: attempt(1), wait: says("CrashLoopBackOff"), imageID: "id",
		backOff: backOff{10, 5}, shown: view{wait: says("ErrImagePull"), attempt: 2, of: viewOfAttempt},
		stop:    &stopping{since: 7, grace: 30, stage: stopHook, reason: killLiveness},
		removed: 1, kind: mainContainer, declared: readyNo,
		rare: &rare{
			older:  attempt(0),
			pull:   &pulling{backOff: backOff{10, 5}, image: "app:1", failed: 6, err: *says("ErrImagePull")},
			resize: &resizing{from: &pod.ResourceRequirements{}, to: &pod.ResourceRequirements{}},
		},
	}
	for _, call := range []Call{LivenessProbe, ReadinessProbe} {
		text := "text"
		c.probes = &probe{next: c.probes, spec: &pod.Probe{}, said: &text, anchor: 1, latest: 2, attempt: 2, run: 1, call: call}
	}
	grace := int64(5)
	return &Machine{
		pod: &pod.Pod{}, cfg: &Config{}, containers: []container{c}, ips: []netip.Addr{netip.IPv6Unspecified()},
		rare: &rarePod{
			evicted: &eviction{reason: "Evicted", message: "text", grace: &grace, since: 5},
			resizes: &resizeConditions{resizeCondition{known: true}, resizeCondition{known: true}}, shown: &resizeConditions{},
		},
		task:      &task{queue: []int16{0}, mountAt: 5, since: 5},
		startTime: 1, retryAt: 20, deleteGrace: 30, generation: 1, now: 10, box: SandboxReady,
		shown: shownPod{phase: pod.Running, end: says("Evicted"), generation: 1},
	}
}

var ownPath = reflect.TypeFor[Machine]().PkgPath()

// walk calls visit for each field of the struct v, of those inside it, and of those that it points to, as "type.field".
func walk(v reflect.Value, field string, visit func(field string, v reflect.Value)) {
	switch e := v.Type(); {
	case v.Kind() == reflect.Struct && e.PkgPath() == ownPath && notInKey[field] == "":
		for i := range v.NumField() {
			f := v.Field(i)
			walk(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem(), e.Name()+"."+e.Field(i).Name, visit)
		}
	case v.Kind() == reflect.Pointer && e.Elem().PkgPath() == ownPath && notInKey[field] == "":
		if v.IsNil() {
			return
		}
		if field != "Machine.task" && field != "container.stop" { // which are never nil
			visit(field, v)
		}
		walk(v.Elem(), field, visit)
	case (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && e.Elem().PkgPath() == ownPath && notInKey[field] == "":
		for i := range v.Len() {
			walk(v.Index(i), field, visit)
		}
	default:
		visit(field, v)
	}
}

// alter makes v another than it is; a pointer to what is not the machine's own one to a copy.
func alter(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Array:
		alter(v.Index(0))
	case reflect.Slice:
		v.SetZero()
	case reflect.Pointer:
		other := reflect.Zero(v.Type())
		if e := v.Type().Elem(); e.PkgPath() != ownPath || e == reflect.TypeFor[Config]() {
			other = reflect.New(e)
			other.Elem().Set(v.Elem())
		}
		if k := v.Type().Elem().Kind(); k == reflect.Int64 || k == reflect.String {
			alter(other.Elem())
		}
		v.Set(other)
	default:
		panic("no way to alter " + v.Type().String())
	}
}
