package pod

// ProjectedVolumeSource lays several sources into one folder.
type ProjectedVolumeSource struct {
	// Of two with the same path, validation refuses the pod.
	Sources []VolumeProjection `json:"sources"`
	// Permission bits of files that set none; nil becomes 0644.
	DefaultMode *int32 `json:"defaultMode,omitempty"`
	// Owner of files that set none.
	DefaultUser *int64 `json:"defaultUser,omitempty"`
}

// VolumeProjection is one source of a projected volume: exactly one field is set.
type VolumeProjection struct {
	Secret              *SecretProjection              `json:"secret,omitempty"`
	DownwardAPI         *DownwardAPIProjection         `json:"downwardAPI,omitempty"`
	ConfigMap           *ConfigMapProjection           `json:"configMap,omitempty"`
	ServiceAccountToken *ServiceAccountTokenProjection `json:"serviceAccountToken,omitempty"`
	ClusterTrustBundle  *ClusterTrustBundleProjection  `json:"clusterTrustBundle,omitempty"`
	PodCertificate      *PodCertificateProjection      `json:"podCertificate,omitempty"`
}

// SecretProjection is a secret's part of a projected volume.
type SecretProjection struct {
	LocalObjectReference `json:",inline"`
	// Which keys, and where; empty is all, by their names.
	Items []KeyToPath `json:"items,omitempty"`
	// A missing secret or key is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// ConfigMapProjection is a config map's part of a projected volume.
type ConfigMapProjection struct {
	LocalObjectReference `json:",inline"`
	// Which keys, and where; empty is all, by their names.
	Items []KeyToPath `json:"items,omitempty"`
	// A missing config map or key is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// DownwardAPIProjection is the pod's own fields' part of a projected volume.
type DownwardAPIProjection struct {
	Items []DownwardAPIVolumeFile `json:"items,omitempty"`
}

// ServiceAccountTokenProjection is a file with a token that is renewed in time.
type ServiceAccountTokenProjection struct {
	// Who is to accept the token; empty is the API server.
	Audience string `json:"audience,omitempty"`
	// Lifetime wished for; nil becomes 3600, at least 600.
	ExpirationSeconds *int64 `json:"expirationSeconds,omitempty"`
	// Relative, without "..".
	Path string `json:"path"`
	// Owner; nil is the volume's default.
	User *int64 `json:"user,omitempty"`
}

// ClusterTrustBundleProjection is a file of certificates to trust: one bundle by name, or all of a signer
// that match.
type ClusterTrustBundleProjection struct {
	// Excludes the next two.
	Name       *string `json:"name,omitempty"`
	SignerName *string `json:"signerName,omitempty"`
	// Only with SignerName; nil matches none, empty all.
	LabelSelector *LabelSelector `json:"labelSelector,omitempty"`
	// A missing bundle is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
	// Relative, without "..".
	Path string `json:"path"`
	// Owner; nil is the volume's default.
	User *int64 `json:"user,omitempty"`
}

// PodCertificateProjection is a key and a certificate issued to this pod, renewed in time (KEP-4317).
type PodCertificateProjection struct {
	SignerName string `json:"signerName,omitempty"`
	// Such as ED25519, ECDSAP256 or RSA3072.
	KeyType string `json:"keyType,omitempty"`
	// Longest lifetime wished for; nil becomes 86400, 3600 to 7862400.
	MaxExpirationSeconds *int32 `json:"maxExpirationSeconds,omitempty"`
	// One file with key and certificates; the alternative to the next two.
	CredentialBundlePath string `json:"credentialBundlePath,omitempty"`
	KeyPath              string `json:"keyPath,omitempty"`
	CertificateChainPath string `json:"certificateChainPath,omitempty"`
	// Passed on to the signer.
	UserAnnotations map[string]string `json:"userAnnotations,omitempty"`
	// Owner; nil is the volume's default.
	User *int64 `json:"user,omitempty"`
}
