package pod

import (
	"strings"
	"unicode/utf8"

	"github.com/podlife/podlife/naming"
)

// podOS judges the operating system of a pod, and what of the pod it does not know.
// See https://kubernetes.io/docs/concepts/windows/intro/#compatibility-linux-similarities.
func (v *validator) podOS(p path, s *Spec) {
	v.hostProcess(p, s)
	if s.OS == nil {
		return
	}
	os := p.field("os")
	switch s.OS.Name {
	case "":
		v.required(os.field("name"), wantOneOf([]OSName{Linux, Windows}))
	case Linux:
		if c := s.SecurityContext; c != nil && c.WindowsOptions != nil {
			security := p.field("securityContext")
			v.forbidden(security.field("windowsOptions"), notOnLinux)
		}
	case Windows:
		v.windowsPod(p, s)
	default:
		notSupported(v, os.real("name"), s.OS.Name, Linux, Windows)
	}
}

// Why a field may not be set.
const (
	notOnLinux   = "a Linux pod has none"
	notOnWindows = "a Windows pod has none"
)

// foreign is a field that an operating system does not know, and whether it is set.
type foreign struct {
	name string
	set  bool
}

// forbidForeign forbids the fields that are set.
func (v *validator) forbidForeign(p path, fields []foreign) {
	for _, f := range fields {
		if f.set {
			v.forbidden(p.field(f.name), notOnWindows)
		}
	}
}

// windowsPod judges the fields of a spec that Windows does not know.
func (v *validator) windowsPod(p path, s *Spec) {
	v.forbidForeign(p, []foreign{
		{"hostPID", s.HostPID},
		{"hostIPC", s.HostIPC},
		{"shareProcessNamespace", s.ShareProcessNamespace != nil},
		{"hostUsers", s.HostUsers != nil},
	})
	if c := s.SecurityContext; c != nil {
		v.forbidForeign(p.field("securityContext"), []foreign{
			{"seLinuxOptions", c.SELinuxOptions != nil},
			{"runAsUser", c.RunAsUser != nil},
			{"runAsGroup", c.RunAsGroup != nil},
			{"supplementalGroups", c.SupplementalGroups != nil},
			{"supplementalGroupsPolicy", c.SupplementalGroupsPolicy != nil},
			{"fsGroup", c.FSGroup != nil},
			{"sysctls", len(c.Sysctls) > 0},
			{"fsGroupChangePolicy", c.FSGroupChangePolicy != nil},
			{"seccompProfile", c.SeccompProfile != nil},
			{"appArmorProfile", c.AppArmorProfile != nil},
			{"seLinuxChangePolicy", c.SELinuxChangePolicy != nil},
		})
	}
}

// containerOS judges the fields of a container's security context that its operating system does not know.
func (v *validator) containerOS(p path, s *SecurityContext) {
	if v.spec.OS == nil {
		return
	}
	switch v.spec.OS.Name {
	case Linux:
		if s.WindowsOptions != nil {
			v.forbidden(p.field("windowsOptions"), notOnLinux)
		}
	case Windows:
		v.forbidForeign(p, []foreign{
			{"capabilities", s.Capabilities != nil},
			{"privileged", s.Privileged != nil},
			{"seLinuxOptions", s.SELinuxOptions != nil},
			{"runAsUser", s.RunAsUser != nil},
			{"runAsGroup", s.RunAsGroup != nil},
			{"readOnlyRootFilesystem", s.ReadOnlyRootFilesystem != nil},
			{"allowPrivilegeEscalation", s.AllowPrivilegeEscalation != nil},
			{"procMount", s.ProcMount != nil},
			{"seccompProfile", s.SeccompProfile != nil},
			{"appArmorProfile", s.AppArmorProfile != nil},
		})
	}
}

// hostProcessOf returns what options say about running on the node itself; nil is nothing.
func hostProcessOf(o *WindowsSecurityContextOptions) *bool {
	if o == nil {
		return nil
	}
	return o.HostProcess
}

// hostProcess judges that all containers run on the Windows node itself or none does, and then on its network. It
// does not matter whether spec.os says Windows.
// See https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/.
func (v *validator) hostProcess(p path, s *Spec) {
	var ofPod *bool
	if s.SecurityContext != nil {
		ofPod = hostProcessOf(s.SecurityContext.WindowsOptions)
	}
	all, onNode := 0, 0
	for _, c := range s.AllContainers() {
		all++
		own := ofPod
		if c.SecurityContext != nil {
			if h := hostProcessOf(c.SecurityContext.WindowsOptions); h != nil {
				own = h
			}
		}
		if own != nil && *own {
			onNode++
		}
	}
	if onNode > 0 && onNode < all {
		v.invalid(p, nil, "all containers are hostProcess containers or none is")
	}
	if onNode > 0 && !s.HostNetwork {
		v.invalid(p.field("hostNetwork"), false, "hostProcess containers need it")
	}
}

// hostProcessAgrees judges that pod and container do not contradict each other about running on the node itself.
func (v *validator) hostProcessAgrees(p path, o *WindowsSecurityContextOptions) {
	own := hostProcessOf(o)
	if own == nil || v.spec.SecurityContext == nil {
		return
	}
	if h := hostProcessOf(v.spec.SecurityContext.WindowsOptions); h != nil && *h != *own {
		v.invalid(p.field("hostProcess"), *own, "must be as the pod's securityContext says")
	}
}

// Bounds of what Windows takes, in bytes.
const (
	maxGMSASpec       = 64 << 10
	maxWindowsDomain  = 255
	maxWindowsUser    = 104
	maxNetBIOSName    = 15
	maxDNSLabel       = 63
	notInNetBIOSName  = `\/:*?"<>|`
	notInWindowsUser  = `"/\:;|=,+*?<>@[]`
	windowsOnlyFiller = ". "
)

// windowsOptions judges as whom a container runs on Windows.
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-runasusername/.
func (v *validator) windowsOptions(p path, o *WindowsSecurityContextOptions) {
	if o == nil {
		return
	}
	if n := o.GMSACredentialSpecName; n != nil {
		v.name(p.field("gmsaCredentialSpecName"), *n, naming.DNS1123Subdomain(*n))
	}
	if s := o.GMSACredentialSpec; s != nil && (*s == "" || len(*s) > maxGMSASpec) {
		v.invalid(p.field("gmsaCredentialSpec"), *s, "want 1 byte to 64 KiB")
	}
	if u := o.RunAsUserName; u != nil {
		if fault := windowsUserFault(*u); fault != "" {
			v.invalid(p.field("runAsUserName"), *u, fault)
		}
	}
}

// windowsUserFault says what is wrong with the name of a Windows user, with a domain and a backslash in front perhaps;
// empty is nothing.
func windowsUserFault(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "want no control characters"
	}
	domain, user, ok := strings.Cut(s, `\`)
	if !ok {
		domain, user = "", s
	} else if !isNetBIOSName(domain) && !isWindowsDomain(domain) {
		return "want a NetBIOS or DNS name before the backslash"
	}
	switch {
	case len(domain) > maxWindowsDomain:
		return "want at most 255 bytes before the backslash"
	case user == "":
		return "want a user"
	case len(user) > maxWindowsUser:
		return "want a user of at most 104 bytes"
	case strings.Trim(user, windowsOnlyFiller) == "":
		return "want a user of more than dots and spaces"
	case strings.ContainsAny(user, notInWindowsUser):
		return "want a user without any of " + notInWindowsUser
	}
	return ""
}

// isNetBIOSName reports whether s may be the NetBIOS name of a domain.
func isNetBIOSName(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 1 && n <= maxNetBIOSName && s[0] != '.' && !strings.ContainsAny(s, notInNetBIOSName)
}

// isWindowsDomain reports whether s may be the DNS name of a domain, in any case of letters.
func isWindowsDomain(s string) bool {
	for more := true; more; {
		var label string
		if label, s, more = strings.Cut(s, "."); !isAnyCaseLabel(label) {
			return false
		}
	}
	return true
}

// isAnyCaseLabel reports whether s is a DNS label in any case of letters.
func isAnyCaseLabel(s string) bool {
	inner := func(c byte) bool { return isAlphanumericByte(c) || c == '-' }
	return len(s) >= 1 && len(s) <= maxDNSLabel && allBytes(s, inner) && s[0] != '-' && s[len(s)-1] != '-'
}
