package pod

import (
	"math"
	"strings"

	"github.com/podlife/podlife/naming"
)

// maxID is the highest user or group ID.
const maxID = math.MaxInt32

// userID judges the ID of a user, if there is one.
func (v *validator) userID(p path, id *int64) {
	if id != nil {
		v.inRange(p, *id, 0, maxID)
	}
}

// groupID judges the ID of a group, if there is one.
func (v *validator) groupID(p path, id *int64) { v.userID(p, id) }

// userNamespace reports whether the pod has user IDs of its own.
func (v *validator) userNamespace() bool {
	return v.spec.HostUsers != nil && !*v.spec.HostUsers
}

// podSecurityContext judges what all containers of a pod may do.
// See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/.
func (v *validator) podSecurityContext(p path, s *PodSecurityContext) {
	if s == nil {
		return
	}
	v.userID(p.field("runAsUser"), s.RunAsUser)
	v.groupID(p.field("runAsGroup"), s.RunAsGroup)
	groups := p.field("supplementalGroups")
	for i := range s.SupplementalGroups {
		v.groupID(groups.at(i), &s.SupplementalGroups[i])
	}
	if s.SupplementalGroupsPolicy != nil {
		oneOf(v, p.field("supplementalGroupsPolicy"), *s.SupplementalGroupsPolicy,
			SupplementalGroupsPolicyMerge, SupplementalGroupsPolicyStrict)
	}
	v.groupID(p.field("fsGroup"), s.FSGroup)
	v.sysctls(p.field("sysctls"), s.Sysctls)
	if s.FSGroupChangePolicy != nil {
		oneOf(v, p.field("fsGroupChangePolicy"), *s.FSGroupChangePolicy, FSGroupChangeOnRootMismatch, FSGroupChangeAlways)
	}
	v.windowsOptions(p.field("windowsOptions"), s.WindowsOptions)
	v.seccompProfile(p.field("seccompProfile"), s.SeccompProfile)
	v.seccompMatches(p.field("seccompProfile"), s.SeccompProfile, annotationSeccompPod, "")
	v.appArmorProfile(p.field("appArmorProfile"), s.AppArmorProfile)
	if s.SELinuxChangePolicy != nil {
		oneOf(v, p.field("seLinuxChangePolicy"), *s.SELinuxChangePolicy, SELinuxChangePolicyRecursive, SELinuxChangePolicyMountOption)
	}
}

// containerSecurity judges what one container may do, at the path p of its security context.
func (v *validator) containerSecurity(p path, c *Container) {
	v.appArmorMatches(p.field("appArmorProfile"), c)
	s := c.SecurityContext
	if s == nil {
		return
	}
	v.userID(p.field("runAsUser"), s.RunAsUser)
	v.groupID(p.field("runAsGroup"), s.RunAsGroup)
	v.escalation(p, s)
	if s.ProcMount != nil {
		v.procMount(p.field("procMount"), *s.ProcMount)
	}
	v.windowsOptions(p.field("windowsOptions"), s.WindowsOptions)
	v.hostProcessAgrees(p.field("windowsOptions"), s.WindowsOptions)
	v.seccompProfile(p.field("seccompProfile"), s.SeccompProfile)
	v.seccompMatches(p.field("seccompProfile"), s.SeccompProfile, annotationSeccompPrefix, c.Name)
	v.appArmorProfile(p.field("appArmorProfile"), s.AppArmorProfile)
	v.containerOS(p, s)
}

// isPrivileged reports whether s, which may be nil, says that a container has all rights of the node.
func (s *SecurityContext) isPrivileged() bool {
	return s != nil && s.Privileged != nil && *s.Privileged
}

// escalation judges that a container that may not gain rights does not have them all from the start.
func (v *validator) escalation(p path, s *SecurityContext) {
	if s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
		return
	}
	at := p.real("allowPrivilegeEscalation")
	if s.isPrivileged() {
		v.invalid(at, false, "cannot be false in a privileged container")
	}
	if s.Capabilities == nil || v.allow.sysAdminWithoutEscalation {
		return
	}
	for _, c := range s.Capabilities.Add {
		if c == "CAP_SYS_ADMIN" {
			v.invalid(at, false, "cannot be false in a container with CAP_SYS_ADMIN")
		}
	}
}

// procMount judges how much of /proc a container sees.
func (v *validator) procMount(p path, m ProcMountType) {
	oneOf(v, p, m, DefaultProcMount, UnmaskedProcMount)
	if m == UnmaskedProcMount && !v.userNamespace() {
		v.invalid(p, string(m), "Unmasked needs hostUsers false")
	}
}

// sysctls judges kernel parameters of a pod. One that the pod shares with the node it may not set.
// See https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/.
func (v *validator) sysctls(p path, list []Sysctl) {
	var seen smallSet[string]
	for i := range list {
		at := p.at(i)
		name, s := at.field("name"), list[i].Name
		fresh := seen.add(s)
		if s == "" {
			v.required(name, "")
		} else if err := naming.SysctlName(s); err != nil {
			v.name(name, s, err)
		} else if !fresh {
			v.duplicate(name, s)
		}
		if v.allow.hostSysctls {
			continue
		}
		if v.spec.HostNetwork && isNetSysctl(s) {
			v.invalid(name, s, "not under hostNetwork")
		} else if v.spec.HostIPC && isIPCSysctl(s) {
			v.invalid(name, s, "not under hostIPC")
		}
	}
}

// isNetSysctl reports whether a kernel parameter belongs to the network of a pod.
func isNetSysctl(s string) bool { return strings.HasPrefix(dottedSysctl(s), "net.") }

// isIPCSysctl reports whether a kernel parameter belongs to the communication between processes of a pod.
func isIPCSysctl(s string) bool {
	s, _, _ = strings.Cut(dottedSysctl(s), "*")
	switch s {
	case "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.shm",
		"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.msg":
		return true
	}
	return strings.HasPrefix(s, "fs.mqueue.")
}

// dottedSysctl returns a kernel parameter with dots between its parts. Where the first separator is a slash, slashes
// and dots change places.
func dottedSysctl(s string) string {
	first := strings.IndexAny(s, "./")
	if first < 0 || s[first] == '.' {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, s)
}

// maxLocalProfile is how many bytes the name of a profile of the node has at most.
const maxLocalProfile = 4095

// seccompProfile judges which system calls are allowed.
// See https://kubernetes.io/docs/tutorials/security/seccomp/.
func (v *validator) seccompProfile(p path, s *SeccompProfile) {
	if s == nil {
		return
	}
	requireOneOf(v, p.field("type"), s.Type, SeccompProfileTypeLocalhost, SeccompProfileTypeRuntimeDefault, SeccompProfileTypeUnconfined)
	file := p.field("localhostProfile")
	switch local := s.Type == SeccompProfileTypeLocalhost; {
	case local && s.LocalhostProfile == nil:
		v.required(file, "the type Localhost needs it")
	case local:
		v.relativePath(file, *s.LocalhostProfile)
	case s.LocalhostProfile != nil:
		v.invalid(file, *s.LocalhostProfile, "only with the type Localhost")
	}
}

// appArmorProfile judges what programs may reach.
// See https://kubernetes.io/docs/tutorials/security/apparmor/.
func (v *validator) appArmorProfile(p path, a *AppArmorProfile) {
	if a == nil {
		return
	}
	requireOneOf(v, p.field("type"), a.Type, AppArmorProfileTypeLocalhost, AppArmorProfileTypeRuntimeDefault, AppArmorProfileTypeUnconfined)
	switch a.Type {
	case AppArmorProfileTypeLocalhost:
		v.appArmorFile(p.field("localhostProfile"), a.LocalhostProfile)
	case AppArmorProfileTypeRuntimeDefault, AppArmorProfileTypeUnconfined:
		if a.LocalhostProfile != nil {
			v.invalid(p.field("localhostProfile"), *a.LocalhostProfile, "only with the type Localhost")
		}
	}
}

// appArmorFile judges the name of a profile that the node has.
func (v *validator) appArmorFile(p path, file *string) {
	const why = "the type Localhost needs it"
	if file == nil {
		v.required(p, why)
		return
	}
	switch trimmed := strings.TrimSpace(*file); {
	case trimmed != *file:
		v.invalid(p, *file, "no spaces before or after it")
	case trimmed == "":
		v.required(p, why)
	}
	if len(*file) > maxLocalProfile {
		v.tooLong(p, maxLocalProfile)
	}
}

// isValid reports whether a profile has no fault.
func (a *AppArmorProfile) isValid() bool {
	var v validator
	v.appArmorProfile(path{}, a)
	return len(v.errs) == 0
}

// seccompAnnotations judges the seccomp profiles that are written as annotations.
func (v *validator) seccompAnnotations(p path, a map[string]string) {
	mark := len(v.errs)
	for key, profile := range a {
		if key == annotationSeccompPod || strings.HasPrefix(key, annotationSeccompPrefix) {
			at := p.told(key)
			v.annotatedSeccomp(at.realKey(key), profile)
		}
	}
	v.sortFrom(mark)
}

// annotatedSeccomp judges one seccomp profile that is written as an annotation.
func (v *validator) annotatedSeccomp(p path, s string) {
	switch s {
	case annotationRuntimeDefault, annotationDockerDefault, annotationUnconfined:
		return
	}
	file, ok := strings.CutPrefix(s, annotationLocalhostPrefix)
	if !ok {
		v.invalid(p, s, "want runtime/default, unconfined, or localhost/ and a path")
		return
	}
	v.relativePath(p, file)
}

// seccompMatches judges that a profile is the one of the annotation called prefix and name, if there is one.
func (v *validator) seccompMatches(p path, s *SeccompProfile, prefix, name string) {
	if s == nil || v.matching&matchSeccomp == 0 || len(v.annotated) == 0 {
		return
	}
	text, ok := v.annotated[prefix+name]
	if !ok {
		return
	}
	switch s.Type {
	case SeccompProfileTypeUnconfined:
		v.typeMatches(p, text == annotationUnconfined)
	case SeccompProfileTypeRuntimeDefault:
		v.typeMatches(p, text == annotationRuntimeDefault || text == annotationDockerDefault)
	case SeccompProfileTypeLocalhost:
		v.localhostMatches(p, text, s.LocalhostProfile)
	}
}

// typeMatches reports a profile whose type is not that of its annotation.
func (v *validator) typeMatches(p path, ok bool) {
	if !ok {
		v.forbidden(p.field("type"), "must be as the annotation says")
	}
}

// localhostMatches judges that a profile of the node is the one that an annotation says.
func (v *validator) localhostMatches(p path, text string, file *string) {
	name, ok := strings.CutPrefix(text, annotationLocalhostPrefix)
	if !ok {
		v.typeMatches(p, false)
	} else if file == nil || name != *file {
		v.forbidden(p.field("localhostProfile"), "must be as the annotation says")
	}
}

// appArmorAnnotations judges the AppArmor profiles that are written as annotations.
func (v *validator) appArmorAnnotations(p path, a map[string]string, s *Spec) {
	mark := len(v.errs)
	var names smallSet[string]
	for key, profile := range a {
		name, ok := strings.CutPrefix(key, annotationAppArmorPrefix)
		if !ok {
			continue
		}
		if names.n == 0 {
			for _, c := range s.AllContainers() {
				names.add(c.Name)
			}
		}
		if !names.has(name) {
			v.invalid(p.key(key), name, "want the name of a container of the pod")
		}
		switch profile {
		case "", annotationRuntimeDefault, annotationUnconfined:
			continue
		}
		if !strings.HasPrefix(profile, annotationLocalhostPrefix) {
			v.invalid(p.key(key), profile, "want runtime/default, unconfined, or localhost/ and a profile")
		}
	}
	v.sortFrom(mark)
}

// appArmorMatches judges that the profile that c has, of its own or the pod's, is the one of its annotation, if there
// is one. PrepareCreate has set the field from the annotation where it could; what is left here contradicts it.
func (v *validator) appArmorMatches(p path, c *Container) {
	if v.matching&matchAppArmor == 0 || len(v.annotated) == 0 || v.spec.OS != nil && v.spec.OS.Name == Windows {
		return
	}
	text, ok := v.annotated[annotationAppArmorPrefix+c.Name]
	profile := v.spec.appArmorOf(c)
	if !ok || profile == nil {
		return
	}
	switch profile.Type {
	case AppArmorProfileTypeUnconfined:
		v.typeMatches(p, text == annotationUnconfined)
	case AppArmorProfileTypeRuntimeDefault:
		v.typeMatches(p, text == annotationRuntimeDefault)
	case AppArmorProfileTypeLocalhost:
		v.localhostMatches(p, text, profile.LocalhostProfile)
	}
}

// appArmorOf returns the profile that c has, of its own or the pod's, or nil.
func (s *Spec) appArmorOf(c *Container) *AppArmorProfile {
	if c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
		return c.SecurityContext.AppArmorProfile
	}
	if s.SecurityContext != nil {
		return s.SecurityContext.AppArmorProfile
	}
	return nil
}
