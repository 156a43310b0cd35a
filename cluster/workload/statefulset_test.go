package workload_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func statefulSet(n int32) *object.StatefulSet {
	s := &object.StatefulSet{Spec: object.StatefulSetSpec{Replicas: &n, Selector: selector(), Template: template("app:1"), ServiceName: "db"}}
	s.Name = "db"
	return s
}

func changeSet(w *world, f func(s *object.StatefulSet)) {
	user(w, get[*object.StatefulSet](w, object.StatefulSetKind, "db"), f)
}

func TestStatefulSetOrder(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.create(statefulSet(3))
	w.runTo(20 * time.Second)
	changeSet(w, func(s *object.StatefulSet) { s.Spec.Template.Spec.Containers[0].Image = "app:2" })
	w.runTo(60 * time.Second)
	changeSet(w, func(s *object.StatefulSet) { *s.Spec.Replicas = 1 })
	w.runTo(90 * time.Second)
	require.Equal(t, []string{
		"0.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-0 in StatefulSet db successful",
		"3.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-1 in StatefulSet db successful",
		"6.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-2 in StatefulSet db successful",
		"20.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-2 in StatefulSet db successful",
		"21.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-2 in StatefulSet db successful",
		"24.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-1 in StatefulSet db successful",
		"25.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-1 in StatefulSet db successful",
		"28.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-0 in StatefulSet db successful",
		"29.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-0 in StatefulSet db successful",
		"60.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-2 in StatefulSet db successful",
		"61.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-1 in StatefulSet db successful",
	}, w.lines("StatefulSet/db"))
	s := get[*object.StatefulSet](w, object.StatefulSetKind, "db")
	require.Equal(t, s.Status.UpdateRevision, s.Status.CurrentRevision)
	p := get[*pod.Pod](w, object.PodKind, "db-0")
	require.Equal(t, "db-0", p.Labels["statefulset.kubernetes.io/pod-name"])
	require.Equal(t, "0", p.Labels["apps.kubernetes.io/pod-index"])
	require.Equal(t, "db-0.db", p.Spec.Hostname+"."+p.Spec.Subdomain)
	require.Equal(t, s.Status.UpdateRevision, p.Labels["controller-revision-hash"])
}

func TestStatefulSetPartition(t *testing.T) {
	w := newWorld(t, workload.All()...)
	s := statefulSet(4)
	two := int32(2)
	s.Spec.UpdateStrategy.RollingUpdate = &object.RollingUpdateStatefulSetStrategy{Partition: &two}
	w.create(s)
	w.runTo(20 * time.Second)
	changeSet(w, func(s *object.StatefulSet) { s.Spec.Template.Spec.Containers[0].Image = "app:2" })
	w.runTo(60 * time.Second)
	require.Equal(t, []string{"app:1", "app:1", "app:2", "app:2"}, images(w, 4))
	w.delete(get[*pod.Pod](w, object.PodKind, "db-1"))
	w.runTo(90 * time.Second)
	require.Equal(t, []string{"app:1", "app:1", "app:2", "app:2"}, images(w, 4), "below the partition a new pod is of the old revision")
	status := get[*object.StatefulSet](w, object.StatefulSetKind, "db").Status
	require.Equal(t, []int32{2, 2}, []int32{status.CurrentReplicas, status.UpdatedReplicas})
	require.NotEqual(t, status.CurrentRevision, status.UpdateRevision)
}

func images(w *world, n int) []string {
	var all []string
	for i := range n {
		all = append(all, get[*pod.Pod](w, object.PodKind, fmt.Sprintf("db-%d", i)).Spec.Containers[0].Image)
	}
	return all
}

func TestStatefulSetParallel(t *testing.T) {
	w := newWorld(t, workload.All()...)
	s := statefulSet(3)
	s.Spec.PodManagementPolicy = object.ParallelPodManagement
	s.Spec.Ordinals = &object.StatefulSetOrdinals{Start: 5}
	w.create(s)
	w.runTo(20 * time.Second)
	changeSet(w, func(s *object.StatefulSet) { *s.Spec.Replicas = 1 })
	w.runTo(40 * time.Second)
	require.Equal(t, []string{
		"0.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-5 in StatefulSet db successful",
		"0.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-6 in StatefulSet db successful",
		"0.00 Normal StatefulSet/db SuccessfulCreate: Create Pod db-7 in StatefulSet db successful",
		"20.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-7 in StatefulSet db successful",
		"20.00 Normal StatefulSet/db SuccessfulDelete: Delete Pod db-6 in StatefulSet db successful",
	}, w.lines("StatefulSet/db"))
}

// A template that never gets ready has to be taken back by hand: setting the old one does not replace the broken pod.
// See https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback.
func TestStatefulSetForcedRollback(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.behaves = func(p *pod.Pod) behavior {
		return behavior{starts: time.Second, never: p.Spec.Containers[0].Image == "app:bad", stops: time.Second}
	}
	w.create(statefulSet(2))
	w.runTo(20 * time.Second)
	image := func(image string) {
		changeSet(w, func(s *object.StatefulSet) { s.Spec.Template.Spec.Containers[0].Image = image })
	}
	image("app:bad")
	w.runTo(40 * time.Second)
	image("app:1")
	w.runTo(time.Hour)
	require.Equal(t, []string{"app:1", "app:bad"}, images(w, 2))
	w.delete(get[*pod.Pod](w, object.PodKind, "db-1"))
	w.runTo(2 * time.Hour)
	require.Equal(t, []string{"app:1", "app:1"}, images(w, 2))
}

func TestStatefulSetClaims(t *testing.T) {
	const remove, retain = object.DeletePersistentVolumeClaimRetentionPolicyType, object.RetainPersistentVolumeClaimRetentionPolicyType
	for _, c := range []struct {
		deleted, scaled object.PersistentVolumeClaimRetentionPolicyType
		kept, condemned string
	}{
		{retain, retain, "", ""},
		{remove, retain, "StatefulSet", "StatefulSet"},
		{retain, remove, "", "Pod"},
		{remove, remove, "StatefulSet", "Pod"},
	} {
		w := newWorld(t, workload.All()...)
		w.behaves = func(*pod.Pod) behavior { return behavior{stops: time.Minute} }
		s := statefulSet(2)
		s.Spec.PersistentVolumeClaimRetentionPolicy = &object.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: c.deleted, WhenScaled: c.scaled}
		data := object.PersistentVolumeClaim{}
		data.Name = "data"
		s.Spec.VolumeClaimTemplates = []object.PersistentVolumeClaim{data}
		w.create(s)
		w.runTo(20 * time.Second)
		changeSet(w, func(s *object.StatefulSet) { *s.Spec.Replicas = 1 })
		w.runTo(30 * time.Second)
		for i, want := range []string{c.kept, c.condemned} {
			claim := get[*object.PersistentVolumeClaim](w, object.PersistentVolumeClaimKind, fmt.Sprintf("data-db-%d", i))
			owner := ""
			if ref := claim.ControllerRef(); ref != nil {
				owner = ref.Kind
			}
			require.Equal(t, want, owner, "%s, %s: %s", c.deleted, c.scaled, claim.Name)
		}
		p := get[*pod.Pod](w, object.PodKind, "db-0")
		require.Equal(t, "data-db-0", p.Spec.Volumes[0].PersistentVolumeClaim.ClaimName)
		require.Len(t, w.lines("Create Claim data-db-0 Pod db-0 in StatefulSet db success"), 1)
	}
}

// Whatever happens to its pods, a StatefulSet has one of each ordinal at most, and in an update no more are missing than may be.
func TestStatefulSetInvariants(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		n, down := int32(1+random.IntN(6)), int32(1+random.IntN(3))
		w := newWorld(t, workload.All()...)
		s := statefulSet(n)
		unavailable := pod.FromInt(down)
		s.Spec.UpdateStrategy.RollingUpdate = &object.RollingUpdateStatefulSetStrategy{MaxUnavailable: &unavailable}
		if random.IntN(2) == 0 {
			s.Spec.PodManagementPolicy = object.ParallelPodManagement
		}
		w.create(s)
		w.runTo(60 * time.Second)
		w.check = func() {
			ready := 0
			for _, p := range w.pods() {
				if !p.IsTerminating() && p.Status.IsTrue(pod.Ready) {
					ready++
				}
			}
			require.GreaterOrEqual(t, ready, int(n-down), w.tail())
		}
		changeSet(w, func(s *object.StatefulSet) { s.Spec.Template.Spec.Containers[0].Image = "app:2" })
		w.runTo(200 * time.Second)
		w.check = nil
		for range 5 {
			if all := w.pods(); len(all) > 0 {
				w.delete(all[random.IntN(len(all))])
			}
			w.runTo(w.now.Add(time.Duration(random.IntN(2000)) * time.Millisecond).Sub(w.begin))
		}
		w.runTo(time.Hour)
		require.Len(t, w.pods(), int(n))
		status := get[*object.StatefulSet](w, object.StatefulSetKind, "db").Status
		require.Equal(t, []int32{n, n, n, n, n}, []int32{status.Replicas, status.ReadyReplicas, status.AvailableReplicas, status.CurrentReplicas, status.UpdatedReplicas})
		writes := w.writes
		w.runTo(5 * time.Hour)
		require.Equal(t, writes, w.writes, "a StatefulSet that has converged is silent")
	}
}
