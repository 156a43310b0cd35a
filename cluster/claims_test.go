package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func class(name, provisioner, mode string) string {
	return fmt.Sprintf("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: %s}, provisioner: %s, volumeBindingMode: %s}", name, provisioner, mode)
}

func claim(name, class, size string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %s}, spec: {storageClassName: %q, accessModes: [ReadWriteOnce],
	  resources: {requests: {storage: %s}}}}`, name, class, size)
}

func volumeOf(name, class, size, more string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: PersistentVolume, metadata: {name: %s}, spec: {storageClassName: %q, capacity: {storage: %s},
	  accessModes: [ReadWriteOnce], hostPath: {path: /data}%s}}`, name, class, size, more)
}

func local(node string) string {
	return ", nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [" + node + "]}]}]}}"
}

func withClaim(name, claim string) string {
	return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `}, spec: {containers: [{name: app, image: "app:1"}],
	  volumes: [{name: data, persistentVolumeClaim: {claimName: ` + claim + `}}]}}`
}

func TestClaimOfAVolume(t *testing.T) {
	tell(t, "claim-volume", `A claim takes the smallest volume that is large enough and free; one that is too large for all waits, and so does its pod, until a
volume comes. When the first claim goes its volume is released, and not given to another.`,
		cluster.Config{Nodes: nodes(1)}, func(s *story) {
			s.apply(volumeOf("large", "", "10Gi", ""), volumeOf("small", "", "5Gi", ""), volumeOf("tiny", "", "1Gi", ""))
			s.apply(claim("data", "", "2Gi"), claim("huge", "", "50Gi"), withClaim("web", "data"), withClaim("hungry", "huge"))
			s.run(time.Minute)
			s.does("a volume of 100Gi comes", nil)
			s.apply(volumeOf("giant", "", "100Gi", ""))
			s.run(time.Minute)
			s.does("web goes, and its claim", s.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
			require.NoError(t, s.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "data"}, object.DeleteOptions{}))
			s.run(time.Minute)
			s.does("a claim that the released volume would fit best", nil)
			s.apply(claim("late", "", "2Gi"))
			s.run(time.Minute)
		})
}

func TestClaimIsProvisioned(t *testing.T) {
	tell(t, "claim-immediate", `A class of the mode Immediate: a volume is made for each claim at once, which takes 20 s here; the pod waits for it. With the claim the
volume goes, as the class's policy is Delete.`,
		cluster.Config{Nodes: nodes(2), Provision: func(volume.Request) volume.Provisioning { return volume.Provisioning{Takes: 20 * time.Second} }},
		func(s *story) {
			s.apply(class("fast", "csi.example.com", "Immediate"), claim("data", "fast", "2Gi"), withClaim("web", "data"))
			s.run(time.Minute)
			s.does("the pod and its claim are deleted", s.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
			require.NoError(t, s.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "data"}, object.DeleteOptions{}))
			s.run(time.Minute)
		})
}

func TestClaimWaitsForItsPod(t *testing.T) {
	how := func(r volume.Request) volume.Provisioning {
		p := volume.Provisioning{Takes: 5 * time.Second, Topology: "kubernetes.io/hostname"}
		if r.Attempt == 1 {
			p.Error = "rpc error: code = ResourceExhausted desc = no space left"
		}
		return p
	}
	tell(t, "claim-first-consumer", `A class that waits for the first pod: the claim stands there until the scheduler has found a node for its pod. The volume is made for
that node, the second attempt succeeds, and the pod is bound then. A second pod of the claim follows the volume. A
claim that a volume of the class fits takes that one, on its node.`,
		cluster.Config{Nodes: nodes(2), Provision: how}, func(s *story) {
			s.apply(class("local", "csi.example.com", "WaitForFirstConsumer"), claim("data", "local", "2Gi"))
			s.run(10 * time.Second)
			s.does("its pod comes", nil)
			s.apply(withClaim("web", "data"))
			s.run(time.Minute)
			s.does("another pod of the claim comes, and one of another claim", nil)
			s.apply(withClaim("second", "data"), volumeOf("disk", "local", "20Gi", local("node-2")), claim("more", "local", "15Gi"), withClaim("third", "more"))
			s.run(time.Minute)
		})
}

func TestClaimLost(t *testing.T) {
	tell(t, "claim-lost", `The volume of a bound claim is deleted: it stays, until somebody takes off by force what protects it. Then the claim is lost for good, and new
pods of it fit nowhere.`,
		cluster.Config{Nodes: nodes(1)}, func(s *story) {
			s.apply(volumeOf("disk", "", "5Gi", ""), claim("data", "", "2Gi"))
			s.run(time.Second)
			s.does("the volume is deleted", s.Client().Delete(t.Context(), object.PersistentVolumeKind, pod.Key{Name: "disk"}, object.DeleteOptions{}))
			s.run(time.Minute)
			s.patch(object.PersistentVolumeKind, "disk", `{"metadata":{"finalizers":null}}`)
			s.apply(withClaim("web", "data"))
			s.run(time.Minute)
		})
}

func TestClaimInUse(t *testing.T) {
	tell(t, "claim-in-use", `A claim that is deleted while pods use it stays: new pods of it fit nowhere, and those that have ended hold it until their objects go. Its
volume stays as long as it does. One that no pod uses goes at once, be it that a pod without a node names it.`,
		cluster.Config{Nodes: nodes(1), Behaviors: []cluster.Behavior{{Script: &script.Script{}}}}, func(s *story) {
			never := func(name, claim string) string {
				return strings.Replace(withClaim(name, claim), "spec: {", "spec: {restartPolicy: Never, ", 1)
			}
			s.apply(class("fast", "csi.example.com", "Immediate"), claim("data", "fast", "2Gi"), claim("spare", "fast", "1Gi"))
			s.apply(never("web", "data"), never("work", "data"))
			s.run(time.Minute)
			s.apply(strings.Replace(withClaim("held", "spare"), "spec: {", "spec: {schedulingGates: [{name: example.com/wait}], ", 1))
			for _, name := range []string{"data", "spare"} {
				err := s.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: name}, object.DeleteOptions{})
				s.does("the claim "+name+" is deleted", err)
			}
			s.apply(withClaim("late", "data"))
			s.run(time.Minute)
			s.does("work ends", s.Fail(pod.Key{Name: "work"}, "app", 0))
			s.run(time.Minute)
			s.does("web goes", s.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
			s.run(time.Minute)
			s.does("work goes", s.Delete(pod.Key{Name: "work"}, pod.DeleteOptions{}))
			s.run(time.Minute)
		})
}

// TestClaimMadeForAPod has a pod shut down whose object a finalizer keeps: the claim that was made for it goes, the one that it names stays.
func TestClaimMadeForAPod(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true})
	apply(t, c, class("fast", "csi.example.com", "Immediate"))
	apply(t, c, claim("data", "fast", "1Gi"))
	apply(t, c, `{apiVersion: v1, kind: Pod, metadata: {name: web, finalizers: [example.com/hold]}, spec: {containers: [{name: app, image: "app:1"}],
	  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}, {name: scratch, ephemeral: {volumeClaimTemplate: {spec: {
	    storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]}}`)
	web := pod.Key{Name: "web"}
	made := fmt.Sprintf("metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: web, uid: %s, controller: true}], ", c.Pod(web).UID)
	apply(t, c, strings.Replace(claim("web-scratch", "fast", "1Gi"), "metadata: {", made, 1))
	c.RunFor(time.Minute)
	require.Equal(t, pod.Running, c.Pod(web).Status.Phase)
	claims := func() (names []string) {
		c.RunFor(time.Minute)
		for o := range all(t, c, object.PersistentVolumeClaimKind) {
			names = append(names, o.Meta().Name)
		}
		return names
	}
	for _, name := range []string{"data", "web-scratch"} {
		require.NoError(t, c.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: name}, object.DeleteOptions{}))
	}
	require.Equal(t, []string{"data", "web-scratch"}, claims())
	require.NoError(t, c.Delete(web, pod.DeleteOptions{}))
	require.Equal(t, []string{"data"}, claims())
	_, err := c.Client().Patch(t.Context(), object.PodKind, web, []byte(`{"metadata":{"finalizers":null}}`))
	require.NoError(t, err)
	require.Empty(t, claims())
}

// TestClaimsAreProtected has claims and volumes protected from the beginning, and again where somebody takes that off; a cluster without
// the controllers, which would let nothing go, protects nothing.
func TestClaimsAreProtected(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true})
	apply(t, c, claim("data", "", "1Gi"))
	apply(t, c, volumeOf("disk", "", "5Gi", ""))
	finalizers := func() string {
		c.RunFor(time.Second)
		return fmt.Sprint(read[*object.PersistentVolumeClaim](t, c, object.PersistentVolumeClaimKind, "data").Finalizers,
			read[*object.PersistentVolume](t, c, object.PersistentVolumeKind, "disk").Finalizers)
	}
	require.Equal(t, "[kubernetes.io/pvc-protection] [kubernetes.io/pv-protection]", finalizers())
	for kind, name := range map[object.Kind]string{object.PersistentVolumeClaimKind: "data", object.PersistentVolumeKind: "disk"} {
		_, err := c.Client().Patch(t.Context(), kind, pod.Key{Name: name}, []byte(`{"metadata":{"finalizers":["example.com/own"]}}`))
		require.NoError(t, err)
	}
	require.Equal(t, "[example.com/own kubernetes.io/pvc-protection] [example.com/own kubernetes.io/pv-protection]", finalizers())

	bare := newCluster(t, cluster.Config{Without: []string{"*"}})
	apply(t, bare, claim("data", "", "1Gi"))
	require.NoError(t, bare.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "data"}, object.DeleteOptions{}))
	_, err := bare.Client().Read(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "data"})
	require.ErrorIs(t, err, cluster.ErrNotFound)
}

// TestANamespaceGoesWithItsClaims deletes a namespace in which a pod uses a claim.
func TestANamespaceGoesWithItsClaims(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true, Awake: 1})
	apply(t, c, class("fast", "csi.example.com", "Immediate"))
	apply(t, c, `{apiVersion: v1, kind: Namespace, metadata: {name: mine}}`)
	apply(t, c, strings.Replace(claim("data", "fast", "1Gi"), "metadata: {", "metadata: {namespace: mine, ", 1))
	apply(t, c, strings.Replace(withClaim("web", "data"), "metadata: {", "metadata: {namespace: mine, ", 1))
	create(t, c, "other", oneContainer)
	c.RunFor(time.Minute)
	require.Equal(t, pod.Running, c.Pod(pod.Key{Namespace: "mine", Name: "web"}).Status.Phase)
	require.NoError(t, c.Client().Delete(t.Context(), object.NamespaceKind, pod.Key{Name: "mine"}, object.DeleteOptions{}))
	c.RunFor(time.Minute)
	for o := range all(t, c, object.NamespaceKind) {
		require.NotEqual(t, "mine", o.Meta().Name)
	}
	for o := range all(t, c, object.PersistentVolumeKind) {
		require.Fail(t, "a volume is left", o.Meta().Name)
	}
}

// TestClaimsOfAStatefulSet has each ordinal keep its volume when its pod moves.
func TestClaimsOfAStatefulSet(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(3), Check: true, Provision: func(volume.Request) volume.Provisioning {
		return volume.Provisioning{Takes: 3 * time.Second}
	}})
	apply(t, c, `{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}},
	  provisioner: csi.example.com, volumeBindingMode: WaitForFirstConsumer}`)
	apply(t, c, `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, replicas: 3, selector: {matchLabels: {app: db}},
	  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: "db:1"}]}},
	  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}`)
	c.RunFor(time.Minute)
	require.EqualValues(t, 3, read[*object.StatefulSet](t, c, object.StatefulSetKind, "db").Status.ReadyReplicas)
	before := read[*object.PersistentVolumeClaim](t, c, object.PersistentVolumeClaimKind, "data-db-1")
	require.Equal(t, object.ClaimBound, before.Status.Phase)
	require.Equal(t, "standard", *before.Spec.StorageClassName)
	require.NoError(t, c.Delete(pod.Key{Name: "db-1"}, pod.DeleteOptions{}))
	c.RunFor(time.Minute)
	require.Equal(t, before.Spec.VolumeName, read[*object.PersistentVolumeClaim](t, c, object.PersistentVolumeClaimKind, "data-db-1").Spec.VolumeName)
	require.EqualValues(t, 3, read[*object.StatefulSet](t, c, object.StatefulSetKind, "db").Status.ReadyReplicas)

	// The claim and its pod are deleted, to begin with an empty volume.
	require.NoError(t, c.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "data-db-1"}, object.DeleteOptions{}))
	require.NoError(t, c.Delete(pod.Key{Name: "db-1"}, pod.DeleteOptions{}))
	c.RunFor(time.Minute)
	require.NotEqual(t, before.Spec.VolumeName, read[*object.PersistentVolumeClaim](t, c, object.PersistentVolumeClaimKind, "data-db-1").Spec.VolumeName)
	require.EqualValues(t, 3, read[*object.StatefulSet](t, c, object.StatefulSetKind, "db").Status.ReadyReplicas)
}

// TestClaimNeverBound has a provisioner that never answers: after ten minutes the pod is tried anew, with room kept for it until then.
func TestClaimNeverBound(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Check: true, Provision: func(volume.Request) volume.Provisioning { return volume.Provisioning{Never: true} }})
	apply(t, c, class("slow", "csi.example.com", "WaitForFirstConsumer"))
	apply(t, c, claim("data", "slow", "1Gi"))
	apply(t, c, `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "app:1", resources: {requests: {cpu: "3"}}}],
	  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}}`)
	c.RunFor(time.Minute)
	other := create(t, c, "other", large)
	c.RunFor(time.Minute)
	require.Empty(t, c.Pod(other).Spec.NodeName, "room is kept")
	require.Contains(t, c.Pod(other).Status.Condition(pod.PodScheduled).Message, "Insufficient cpu")
	c.RunFor(8*time.Minute + time.Second)
	require.Contains(t, eventsOf(t, c, "web"), `Warning FailedScheduling running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded`)
	require.NoError(t, c.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
	c.RunFor(time.Minute)
	require.Equal(t, pod.Running, c.Pod(other).Status.Phase, "room is kept no longer")
}

func TestEphemeralClaim(t *testing.T) {
	const web = `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "app:1"}], volumes: [
	  {name: plain, emptyDir: {}},
	  {name: data, ephemeral: {volumeClaimTemplate: {metadata: {labels: {tier: fast}}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce],
	    resources: {requests: {storage: 2Gi}}}}}}]}}`
	tell(t, "claim-ephemeral", `A generic ephemeral volume: its claim is made for the pod, which waits for it, is the pod's, stays while the pod uses it though somebody
deletes it, and goes with the pod. A claim that was there before is somebody else's: the pod waits until it goes.`,
		cluster.Config{Nodes: nodes(1)}, func(s *story) {
			s.apply(class("fast", "csi.example.com", "Immediate"), web)
			s.run(time.Minute)
			made, err := s.Client().Read(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Namespace: "default", Name: "web-data"})
			require.NoError(t, err)
			require.Equal(t, map[string]string{"tier": "fast"}, made.Meta().Labels)
			require.Equal(t, s.Pod(pod.Key{Name: "web"}).UID, made.Meta().ControllerRef().UID)
			s.does("its claim is deleted", s.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "web-data"}, object.DeleteOptions{}))
			s.run(time.Minute)
			s.does("the pod is deleted", s.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
			s.run(time.Minute)
			s.does("a claim takes the name, then the pod comes again", nil)
			s.apply(claim("web-data", "fast", "1Gi"), web)
			s.run(10 * time.Second)
			s.does("that claim goes", s.Client().Delete(t.Context(), object.PersistentVolumeClaimKind, pod.Key{Name: "web-data"}, object.DeleteOptions{}))
			s.run(time.Minute)
		})
}
