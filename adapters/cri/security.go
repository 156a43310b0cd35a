package cri

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
)

// What of /proc and /sys a container does not see, and what it may only read.
// See https://kubernetes.io/docs/concepts/security/pod-security-standards/ and KEP-4265.
var (
	maskedPaths = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	}
	readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// sandboxSecurity is the security context of a pod's sandbox. It has the engine's own filter of system calls, whatever the pod's
// containers have.
func sandboxSecurity(s *pod.Spec) (*criapi.LinuxSandboxSecurityContext, error) {
	shared, err := namespaces(s)
	if err != nil {
		return nil, err
	}
	out := &criapi.LinuxSandboxSecurityContext{
		NamespaceOptions: shared,
		Privileged:       anyPrivileged(s),
		Seccomp:          &criapi.SecurityProfile{ProfileType: criapi.SecurityProfile_RuntimeDefault},
	}
	if sc := s.SecurityContext; sc != nil {
		out.RunAsUser, out.RunAsGroup = int64Value(sc.RunAsUser), int64Value(sc.RunAsGroup)
		out.SelinuxOptions = selinux(sc.SELinuxOptions)
		out.SupplementalGroups, out.SupplementalGroupsPolicy = groups(sc)
	}
	return out, nil
}

func anyPrivileged(s *pod.Spec) bool {
	for _, c := range s.AllContainers() {
		if privileged(c.SecurityContext) {
			return true
		}
	}
	return false
}

func privileged(sc *pod.SecurityContext) bool {
	return sc != nil && sc.Privileged != nil && *sc.Privileged
}

// merged is a container's security context with that of its pod behind it. Its pointers are shared with both.
func merged(s *pod.Spec, c *pod.Container) pod.SecurityContext {
	var out pod.SecurityContext
	if c.SecurityContext != nil {
		out = *c.SecurityContext
	}
	if of := s.SecurityContext; of != nil {
		out.SELinuxOptions = cmp.Or(out.SELinuxOptions, of.SELinuxOptions)
		out.RunAsUser = cmp.Or(out.RunAsUser, of.RunAsUser)
		out.RunAsGroup = cmp.Or(out.RunAsGroup, of.RunAsGroup)
		out.RunAsNonRoot = cmp.Or(out.RunAsNonRoot, of.RunAsNonRoot)
		out.SeccompProfile = cmp.Or(out.SeccompProfile, of.SeccompProfile)
		out.AppArmorProfile = cmp.Or(out.AppArmorProfile, of.AppArmorProfile)
	}
	return out
}

// imageUser is who an image's program runs as: a number, or else a name, or else root.
type imageUser struct {
	uid  *int64
	name string
}

// containerSecurity is the security context of a container. It is an error where the container must not run as root and would, or
// where that cannot be told.
func (r *Runtime) containerSecurity(s *pod.Spec, c *pod.Container, user imageUser) (*criapi.LinuxContainerSecurityContext, error) {
	sc := merged(s, c)
	if err := checkNonRoot(&sc, user); err != nil {
		return nil, err
	}
	shared, err := namespaces(s)
	if err != nil {
		return nil, err
	}
	out := &criapi.LinuxContainerSecurityContext{
		Capabilities:     capabilities(sc.Capabilities),
		Privileged:       privileged(&sc),
		NamespaceOptions: shared,
		SelinuxOptions:   selinux(sc.SELinuxOptions),
		RunAsUser:        int64Value(sc.RunAsUser),
		RunAsGroup:       int64Value(sc.RunAsGroup),
		ReadonlyRootfs:   sc.ReadOnlyRootFilesystem != nil && *sc.ReadOnlyRootFilesystem,
		NoNewPrivs:       sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation,
		Seccomp:          seccomp(&sc, r.cfg.SeccompDir),
		Apparmor:         apparmor(sc.AppArmorProfile),
	}
	if sc.RunAsUser == nil {
		out.RunAsUser, out.RunAsUsername = int64Value(user.uid), user.name
	}
	if sc.ProcMount == nil || *sc.ProcMount == pod.DefaultProcMount {
		out.MaskedPaths, out.ReadonlyPaths = slices.Concat(maskedPaths, r.machine.maskedPaths), slices.Clone(readonlyPaths)
	}
	if s.SecurityContext != nil {
		out.SupplementalGroups, out.SupplementalGroupsPolicy = groups(s.SecurityContext)
	}
	return out, nil
}

// checkNonRoot holds runAsNonRoot.
// See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/.
func checkNonRoot(sc *pod.SecurityContext, user imageUser) error {
	switch {
	case sc.RunAsNonRoot == nil || !*sc.RunAsNonRoot:
		return nil
	case sc.RunAsUser != nil && *sc.RunAsUser == 0:
		return fmt.Errorf("container's runAsUser breaks non-root policy")
	case sc.RunAsUser != nil:
		return nil
	case user.uid != nil && *user.uid == 0, user.uid == nil && user.name == "":
		return fmt.Errorf("container has runAsNonRoot and image will run as root")
	case user.uid == nil:
		return fmt.Errorf("container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root", user.name)
	}
	return nil
}

func int64Value(v *int64) *criapi.Int64Value {
	if v == nil {
		return nil
	}
	return &criapi.Int64Value{Value: *v}
}

func selinux(o *pod.SELinuxOptions) *criapi.SELinuxOption {
	if o == nil {
		return nil
	}
	return &criapi.SELinuxOption{User: o.User, Role: o.Role, Type: o.Type, Level: o.Level}
}

// groups are the further groups of a pod's processes, that of its volumes first.
func groups(sc *pod.PodSecurityContext) ([]int64, criapi.SupplementalGroupsPolicy) {
	var out []int64
	if sc.FSGroup != nil {
		out = append(out, *sc.FSGroup)
	}
	out = append(out, sc.SupplementalGroups...)
	if p := sc.SupplementalGroupsPolicy; p != nil && *p == pod.SupplementalGroupsPolicyStrict {
		return out, criapi.SupplementalGroupsPolicy_Strict
	}
	return out, criapi.SupplementalGroupsPolicy_Merge
}

func capabilities(c *pod.Capabilities) *criapi.Capability {
	if c == nil {
		return nil
	}
	out := &criapi.Capability{}
	for _, name := range c.Add {
		out.AddCapabilities = append(out.AddCapabilities, string(name))
	}
	for _, name := range c.Drop {
		out.DropCapabilities = append(out.DropCapabilities, string(name))
	}
	return out
}

// seccomp is the filter of system calls: none unless one is asked for.
// See https://kubernetes.io/docs/tutorials/security/seccomp/.
func seccomp(sc *pod.SecurityContext, dir string) *criapi.SecurityProfile {
	out := &criapi.SecurityProfile{ProfileType: criapi.SecurityProfile_Unconfined}
	p := sc.SeccompProfile
	if p == nil || privileged(sc) {
		return out
	}
	switch p.Type {
	case pod.SeccompProfileTypeRuntimeDefault:
		out.ProfileType = criapi.SecurityProfile_RuntimeDefault
	case pod.SeccompProfileTypeLocalhost:
		out.ProfileType = criapi.SecurityProfile_Localhost
		if p.LocalhostProfile != nil {
			out.LocalhostRef = filepath.Join(dir, filepath.FromSlash(*p.LocalhostProfile))
		}
	case pod.SeccompProfileTypeUnconfined:
	}
	return out
}

// apparmor is the profile that a container asks for; nil leaves it to the engine.
// See https://kubernetes.io/docs/tutorials/security/apparmor/.
func apparmor(p *pod.AppArmorProfile) *criapi.SecurityProfile {
	if p == nil {
		return nil
	}
	switch p.Type {
	case pod.AppArmorProfileTypeRuntimeDefault:
		return &criapi.SecurityProfile{ProfileType: criapi.SecurityProfile_RuntimeDefault}
	case pod.AppArmorProfileTypeLocalhost:
		out := &criapi.SecurityProfile{ProfileType: criapi.SecurityProfile_Localhost}
		if p.LocalhostProfile != nil {
			out.LocalhostRef = *p.LocalhostProfile
		}
		return out
	case pod.AppArmorProfileTypeUnconfined:
	}
	return &criapi.SecurityProfile{ProfileType: criapi.SecurityProfile_Unconfined}
}
