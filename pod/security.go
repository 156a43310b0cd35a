package pod

// PodSecurityContext is what all processes of a pod may do, and as whom.
type PodSecurityContext struct {
	// nil lets the runtime choose a label.
	SELinuxOptions *SELinuxOptions                `json:"seLinuxOptions,omitempty"`
	WindowsOptions *WindowsSecurityContextOptions `json:"windowsOptions,omitempty"`
	// User ID of the first process; nil is the image's.
	RunAsUser *int64 `json:"runAsUser,omitempty"`
	// nil is the runtime's default.
	RunAsGroup *int64 `json:"runAsGroup,omitempty"`
	// Refuse to start a container as user 0.
	RunAsNonRoot *bool `json:"runAsNonRoot,omitempty"`
	// Further group IDs of the first process.
	SupplementalGroups []int64 `json:"supplementalGroups,omitempty"`
	// nil counts as Merge.
	SupplementalGroupsPolicy *SupplementalGroupsPolicy `json:"supplementalGroupsPolicy,omitempty"`
	// Group that owns the volumes that support ownership.
	FSGroup *int64 `json:"fsGroup,omitempty"`
	// Kernel parameters of the pod's namespaces.
	Sysctls []Sysctl `json:"sysctls,omitempty"`
	// nil counts as Always.
	FSGroupChangePolicy *PodFSGroupChangePolicy `json:"fsGroupChangePolicy,omitempty"`
	SeccompProfile      *SeccompProfile         `json:"seccompProfile,omitempty"`
	AppArmorProfile     *AppArmorProfile        `json:"appArmorProfile,omitempty"`
	// How volumes get their SELinux label; nil lets the node choose.
	SELinuxChangePolicy *PodSELinuxChangePolicy `json:"seLinuxChangePolicy,omitempty"`
}

// SecurityContext is what one container may do, and as whom. Set fields take precedence over the pod's.
type SecurityContext struct {
	Capabilities *Capabilities `json:"capabilities,omitempty"`
	// Nearly all that root on the node may do; nil counts as false.
	Privileged     *bool                          `json:"privileged,omitempty"`
	SELinuxOptions *SELinuxOptions                `json:"seLinuxOptions,omitempty"`
	WindowsOptions *WindowsSecurityContextOptions `json:"windowsOptions,omitempty"`
	// User ID of the first process.
	RunAsUser  *int64 `json:"runAsUser,omitempty"`
	RunAsGroup *int64 `json:"runAsGroup,omitempty"`
	// Refuse to start as user 0.
	RunAsNonRoot *bool `json:"runAsNonRoot,omitempty"`
	// nil counts as false.
	ReadOnlyRootFilesystem *bool `json:"readOnlyRootFilesystem,omitempty"`
	// Whether a child may gain more than its parent; nil counts as true.
	AllowPrivilegeEscalation *bool `json:"allowPrivilegeEscalation,omitempty"`
	// nil counts as Default.
	ProcMount       *ProcMountType   `json:"procMount,omitempty"`
	SeccompProfile  *SeccompProfile  `json:"seccompProfile,omitempty"`
	AppArmorProfile *AppArmorProfile `json:"appArmorProfile,omitempty"`
}

// SupplementalGroupsPolicy says whether the image's /etc/group counts.
type SupplementalGroupsPolicy string

const (
	// SupplementalGroupsPolicyMerge adds the groups that the image lists for the user.
	SupplementalGroupsPolicyMerge SupplementalGroupsPolicy = "Merge"
	// SupplementalGroupsPolicyStrict gives only the groups of the pod.
	SupplementalGroupsPolicyStrict SupplementalGroupsPolicy = "Strict"
)

// Sysctl is one kernel parameter.
type Sysctl struct {
	// With dots or slashes.
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PodFSGroupChangePolicy says when the files of a volume change their group.
type PodFSGroupChangePolicy string

const (
	// FSGroupChangeOnRootMismatch changes them only where the volume's root is not right yet.
	FSGroupChangeOnRootMismatch PodFSGroupChangePolicy = "OnRootMismatch"
	// FSGroupChangeAlways changes them at every mount.
	FSGroupChangeAlways PodFSGroupChangePolicy = "Always"
)

// PodSELinuxChangePolicy says how a volume gets its SELinux label.
type PodSELinuxChangePolicy string

const (
	// SELinuxChangePolicyRecursive relabels every file.
	SELinuxChangePolicyRecursive PodSELinuxChangePolicy = "Recursive"
	// SELinuxChangePolicyMountOption mounts with the label.
	SELinuxChangePolicyMountOption PodSELinuxChangePolicy = "MountOption"
)

// Capabilities changes the set of Linux capabilities that the runtime gives.
type Capabilities struct {
	Add  []Capability `json:"add,omitempty"`
	Drop []Capability `json:"drop,omitempty"`
}

// Capability is a Linux capability without CAP_, such as NET_ADMIN; ALL is all of them.
type Capability string

// SELinuxOptions is an SELinux label.
type SELinuxOptions struct {
	User  string `json:"user,omitempty"`
	Role  string `json:"role,omitempty"`
	Type  string `json:"type,omitempty"`
	Level string `json:"level,omitempty"`
}

// WindowsSecurityContextOptions is what only Windows knows.
type WindowsSecurityContextOptions struct {
	// Name of a GMSA credential spec.
	GMSACredentialSpecName *string `json:"gmsaCredentialSpecName,omitempty"`
	// The spec itself, filled in from its name.
	GMSACredentialSpec *string `json:"gmsaCredentialSpec,omitempty"`
	// DOMAIN\user or user; nil is the image's.
	RunAsUserName *string `json:"runAsUserName,omitempty"`
	// Run on the node itself; all containers of the pod or none.
	HostProcess *bool `json:"hostProcess,omitempty"`
}

// ProcMountType says how /proc is mounted.
type ProcMountType string

const (
	// DefaultProcMount hides what the runtime thinks dangerous.
	DefaultProcMount ProcMountType = "Default"
	// UnmaskedProcMount hides nothing; needs a pod with user IDs of its own.
	UnmaskedProcMount ProcMountType = "Unmasked"
)

// SeccompProfile filters system calls.
type SeccompProfile struct {
	Type SeccompProfileType `json:"type"`
	// File on the node, below the kubelet's folder of profiles; for Localhost only.
	LocalhostProfile *string `json:"localhostProfile,omitempty"`
}

// SeccompProfileType is where a seccomp profile comes from.
type SeccompProfileType string

const (
	// SeccompProfileTypeUnconfined filters nothing.
	SeccompProfileTypeUnconfined SeccompProfileType = "Unconfined"
	// SeccompProfileTypeRuntimeDefault is the container runtime's own.
	SeccompProfileTypeRuntimeDefault SeccompProfileType = "RuntimeDefault"
	// SeccompProfileTypeLocalhost is a file of the node.
	SeccompProfileTypeLocalhost SeccompProfileType = "Localhost"
)

// AppArmorProfile confines a container with AppArmor.
type AppArmorProfile struct {
	Type AppArmorProfileType `json:"type"`
	// Name of a profile loaded on the node; for Localhost only.
	LocalhostProfile *string `json:"localhostProfile,omitempty"`
}

// AppArmorProfileType is where an AppArmor profile comes from.
type AppArmorProfileType string

const (
	// AppArmorProfileTypeUnconfined confines nothing.
	AppArmorProfileTypeUnconfined AppArmorProfileType = "Unconfined"
	// AppArmorProfileTypeRuntimeDefault is the container runtime's own.
	AppArmorProfileTypeRuntimeDefault AppArmorProfileType = "RuntimeDefault"
	// AppArmorProfileTypeLocalhost is one loaded on the node.
	AppArmorProfileTypeLocalhost AppArmorProfileType = "Localhost"
)
