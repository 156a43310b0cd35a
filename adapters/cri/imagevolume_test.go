package cri_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/disk"
)

// imageAgent runs an agent whose pods may have image volumes, until the test ends.
func imageAgent(t *testing.T, r *cri.Runtime) *node.Agent {
	t.Helper()
	plugins := map[storage.Kind]storage.Plugin{storage.Image: r.ImageVolumes()}
	return agentWith(t, node.Config{Runtime: r}, disk.Options{Plugins: plugins})
}

// An image is a volume that is only read, all of it or a part. An engine that has no such volumes, or no parts, is not asked for one.
func TestImageVolume(t *testing.T) {
	r := newRuntime(t)
	from, host := registry(t)
	a := imageAgent(t, r)
	pulls := int64(0)
	for _, c := range []struct {
		name, policy, mount, needs string
		since                      string // the first containerd
	}{
		{"whole", "IfNotPresent", "{name: app, mountPath: /app}", "image volumes need containerd from 2.1 on", "containerd 2.1"},
		{"part", "Always", "{name: app, mountPath: /app/bin, subPathExpr: $(PART)}", " containerd from 2.", "containerd 2.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := pod.Parse([]byte(strings.NewReplacer("IMAGE", enginetest.Image, "HOST", host, "MOUNT", c.mount, "NAME", c.name, "POLICY", c.policy).Replace(`
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  restartPolicy: Never
  volumes: [{name: app, image: {reference: "HOST/public/app:1", pullPolicy: POLICY}}]
  containers:
  - name: a
    image: IMAGE
    env: [{name: PART, value: bin}]
    command: [sh, -c, '(readlink /app/bin/sh; touch /app/bin/x || echo "read only") >/dev/termination-log 2>/dev/null']
    volumeMounts: [MOUNT]
`)))
			require.NoError(t, err)
			require.NoError(t, a.Apply(p))
			if strings.Replace(r.Engine(), "containerd v", "containerd ", 1) >= c.since {
				end := until(t, a, c.name, func(p *pod.Pod) bool { return p.Status.Phase.IsTerminal() })
				require.Equal(t, "busybox\nread only\n", end.Status.ContainerStatuses[0].State.Terminated.Message)
				require.Greater(t, from.Pulls.Load(), pulls)
				pulls = from.Pulls.Load()
			} else {
				waiting := until(t, a, c.name, func(p *pod.Pod) bool {
					c := p.Status.ContainerStatuses
					return len(c) > 0 && c[0].State.Waiting != nil && c[0].State.Waiting.Reason == pod.ReasonCreateContainerConfigError
				})
				message := waiting.Status.ContainerStatuses[0].State.Waiting.Message
				require.Contains(t, message, `volume "app": `)
				require.Contains(t, message, c.needs)
				require.Contains(t, message, r.Engine())
			}
			require.NoError(t, a.Delete(pod.Key{Name: c.name}, pod.DeleteOptions{}))
			for c := range a.Watch(t.Context()) {
				if c.Type == node.Deleted {
					break
				}
			}
			left, err := r.ImageVolumes().Published()
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
