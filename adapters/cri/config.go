package cri

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
)

// The annotations of a container: those of a kubelet, and what a program that finds it must know.
const (
	annotationRestartCount  = "io.kubernetes.container.restartCount"
	annotationMessagePath   = "io.kubernetes.container.terminationMessagePath"
	annotationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy"
	annotationGrace         = "io.kubernetes.pod.terminationGracePeriod"
	annotationStopSignal    = "io.podlife.stopSignal"
	annotationLogPath       = "io.podlife.logPath"
)

// image is an image that is on the node.
type image struct {
	id   string
	user imageUser
}

// ownFiles are the files of this Runtime that a container is given, each empty where it gets none.
type ownFiles struct{ message, hosts string }

// makeFiles makes them.
func (s *start) makeFiles(ips []pod.PodIP) (ownFiles, error) {
	var out ownFiles
	var err error
	if s.container.TerminationMessagePath != "" {
		if out.message, err = s.files.makeMessage(s.pod.UID, s.container.Name, s.attempt); err != nil {
			return out, err
		}
	}
	out.hosts, err = s.files.makeHosts(s.pod, ips, s.cfg.DNS.ClusterDomain)
	return out, err
}

// target returns the container whose processes an ephemeral container sees, or nothing.
// See https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/.
func (s *start) target(ctx context.Context) (string, error) {
	for i := range s.pod.Spec.EphemeralContainers {
		e := &s.pod.Spec.EphemeralContainers[i]
		if e.Name != s.container.Name || e.TargetContainerName == "" {
			continue
		}
		list, err := s.engine.containers(ctx, s.cfg.Owner, s.pod.UID, e.TargetContainerName)
		if err != nil {
			return "", err
		}
		for _, c := range list {
			if c.State == criapi.ContainerState_CONTAINER_RUNNING {
				return c.Id, nil
			}
		}
		return "", fmt.Errorf("target container %q does not run", e.TargetContainerName)
	}
	return "", nil
}

// containerConfig is what the engine is asked for as one attempt, but for its log.
func (s *start) containerConfig(i image, own ownFiles, target string) (*criapi.ContainerConfig, error) {
	c, o := s.container, s.options
	security, err := s.containerSecurity(&s.pod.Spec, c, i.user)
	if err != nil {
		return nil, err
	}
	if target != "" {
		security.NamespaceOptions.Pid, security.NamespaceOptions.TargetId = criapi.NamespaceMode_TARGET, target
	}
	labels := objectLabels(s.pod, s.cfg.Owner)
	labels[labelContainerName] = c.Name
	return &criapi.ContainerConfig{
		Metadata:    &criapi.ContainerMetadata{Name: c.Name, Attempt: uint32(s.attempt)},
		Image:       &criapi.ImageSpec{Image: i.id, UserSpecifiedImage: c.Image},
		Command:     o.Command,
		Args:        o.Args,
		WorkingDir:  c.WorkingDir,
		Envs:        keyValues(o.Env),
		Mounts:      s.mounts(own),
		Labels:      labels,
		Annotations: containerAnnotations(s.pod, c, s.attempt, o.LogPath),
		Stdin:       c.Stdin,
		StdinOnce:   c.StdinOnce,
		Tty:         c.TTY,
		StopSignal:  stopSignal(c),
		Linux: &criapi.LinuxContainerConfig{
			Resources:       s.resources(s.pod, c),
			SecurityContext: security,
		},
	}, nil
}

func keyValues(env []string) []*criapi.KeyValue {
	out := make([]*criapi.KeyValue, len(env))
	for i, v := range env {
		name, value, _ := strings.Cut(v, "=")
		out[i] = &criapi.KeyValue{Key: name, Value: []byte(value)}
	}
	return out
}

func containerAnnotations(p *pod.Pod, c *pod.Container, attempt int32, log string) map[string]string {
	out := map[string]string{
		annotationRestartCount:  strconv.Itoa(int(attempt)),
		annotationMessagePath:   c.TerminationMessagePath,
		annotationMessagePolicy: string(c.TerminationMessagePolicy),
	}
	if g := p.Spec.TerminationGracePeriodSeconds; g != nil {
		out[annotationGrace] = strconv.FormatInt(*g, 10)
	}
	if log != "" {
		out[annotationLogPath] = log
	}
	if c.Lifecycle != nil && c.Lifecycle.StopSignal != nil {
		out[annotationStopSignal] = string(*c.Lifecycle.StopSignal)
	}
	return out
}

// stopSignal is the container's own stop signal, for engines that take one.
// See KEP-4960.
func stopSignal(c *pod.Container) criapi.Signal {
	if c.Lifecycle == nil || c.Lifecycle.StopSignal == nil {
		return criapi.Signal_SIGNAL_RUNTIME_DEFAULT
	}
	return signalOf(string(*c.Lifecycle.StopSignal))
}

// mounts are the volumes of the container and the files of this Runtime. A volume takes the place of such a file.
func (s *start) mounts(own ownFiles) []*criapi.Mount {
	var out []*criapi.Mount
	for i, m := range s.options.Mounts {
		made := &criapi.Mount{HostPath: m.Source, ContainerPath: m.Target, Readonly: m.ReadOnly}
		if i < len(s.container.VolumeMounts) && s.container.VolumeMounts[i].MountPath == m.Target {
			v := &s.container.VolumeMounts[i]
			propagate(made, v)
			made.SelinuxRelabel = s.machine.selinux && ofThePod(&s.pod.Spec, v.Name)
		}
		out = append(out, made)
	}
	for _, file := range []struct{ path, target string }{{own.hosts, "/etc/hosts"}, {own.message, s.container.TerminationMessagePath}} {
		taken := func(m *criapi.Mount) bool { return path.Clean(m.ContainerPath) == path.Clean(file.target) }
		if file.path == "" || slices.ContainsFunc(out, taken) {
			continue
		}
		out = append(out, &criapi.Mount{HostPath: file.path, ContainerPath: file.target, SelinuxRelabel: s.machine.selinux})
	}
	return out
}

// ofThePod reports whether a volume is the pod's own, so that its labels are nobody else's.
func ofThePod(s *pod.Spec, name string) bool {
	v := s.Volume(name)
	return v != nil && (v.EmptyDir != nil || v.ConfigMap != nil || v.Secret != nil || v.DownwardAPI != nil || v.Projected != nil)
}

// propagate says which mounts made later are seen on the other side.
// See https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation and KEP-3857.
func propagate(m *criapi.Mount, v *pod.VolumeMount) {
	if v.MountPropagation != nil {
		switch *v.MountPropagation {
		case pod.MountPropagationHostToContainer:
			m.Propagation = criapi.MountPropagation_PROPAGATION_HOST_TO_CONTAINER
		case pod.MountPropagationBidirectional:
			m.Propagation = criapi.MountPropagation_PROPAGATION_BIDIRECTIONAL
		case pod.MountPropagationNone:
		}
	}
	if r := v.RecursiveReadOnly; m.Readonly && r != nil {
		m.RecursiveReadOnly = *r == pod.RecursiveReadOnlyEnabled
	}
}

// resources is what the container's cgroup is given.
func (r *Runtime) resources(p *pod.Pod, c *pod.Container) *criapi.LinuxContainerResources {
	out := r.convert(p.Spec.ContainerLinuxResources(c, r.cfg.Rules))
	out.OomScoreAdj = int64(p.OOMScoreAdj(c, r.cfg.Rules.MemoryCapacity))
	if r.machine.unified {
		out.Unified = map[string]string{"memory.oom.group": "1"}
	}
	return out
}

// convert is what a cgroup is given as the interface has it. Of huge pages of a size that is not asked for, there are none.
func (r *Runtime) convert(l pod.LinuxResources) *criapi.LinuxContainerResources {
	out := &criapi.LinuxContainerResources{
		CpuShares: l.CPUShares, CpuQuota: l.CPUQuota, CpuPeriod: l.CPUPeriod, MemoryLimitInBytes: l.Memory,
	}
	sizes := slices.AppendSeq(slices.Clone(r.machine.pageSizes), maps.Keys(l.HugePages))
	slices.Sort(sizes)
	for _, size := range slices.Compact(sizes) {
		out.HugepageLimits = append(out.HugepageLimits, &criapi.HugepageLimit{
			PageSize: pageSize(size), Limit: uint64(l.HugePages[size]),
		})
	}
	return out
}

// pageSize prints the size of a huge page as the kernel's files are called: 2MB, 1GB.
func pageSize(bytes int64) string {
	units := []string{"B", "KB", "MB", "GB"}
	i := 0
	for ; bytes >= 1024 && bytes%1024 == 0 && i < len(units)-1; i++ {
		bytes /= 1024
	}
	return strconv.FormatInt(bytes, 10) + units[i]
}
