package pod

import (
	"strings"

	"github.com/podlife/podlife/naming"
)

// projected judges several sources in one directory, whose files may not collide.
// See https://kubernetes.io/docs/concepts/storage/projected-volumes/.
func (v *validator) projected(p path, s *ProjectedVolumeSource) {
	v.fileMode(p.field("defaultMode"), s.DefaultMode)
	v.userID(p.field("defaultUser"), s.DefaultUser)
	var taken smallSet[string]
	list := p.field("sources")
	for i := range s.Sources {
		v.projection(list.at(i), &s.Sources[i], i, p, &taken)
	}
}

// projectedFile notes the path of a file of a volume, and reports it where it is taken.
func (v *validator) projectedFile(volume path, file string, taken *smallSet[string]) {
	if !taken.add(file) {
		v.invalid(volume, file, "two sources have a file of this path")
	}
}

// projection judges source i of a volume: it has one kind, but an empty one is allowed. The paths of other files of the
// volume are taken.
func (v *validator) projection(p path, s *VolumeProjection, i int, volume path, taken *smallSet[string]) {
	n := 0
	if s.Secret != nil {
		n++
		v.projectedKeys(p.field("secret"), s.Secret.Name, s.Secret.Items, volume, taken)
	}
	if s.ConfigMap != nil {
		n++
		v.projectedKeys(p.field("configMap"), s.ConfigMap.Name, s.ConfigMap.Items, volume, taken)
	}
	if s.DownwardAPI != nil {
		n++
		v.projectedFields(p.field("downwardAPI"), s.DownwardAPI, volume, taken)
	}
	if s.ServiceAccountToken != nil {
		n++
		v.projectedToken(p.field("serviceAccountToken"), s.ServiceAccountToken)
		sources := volume.real("sources")
		source := sources.realAt(i)
		v.tokenPath(source.real("serviceAccountToken"), s.ServiceAccountToken.Path)
	}
	if s.ClusterTrustBundle != nil {
		n++
		v.clusterTrustBundle(p.field("clusterTrustBundle"), s.ClusterTrustBundle, volume, taken)
	}
	if s.PodCertificate != nil {
		n++
		v.podCertificate(p.field("podCertificate"), s.PodCertificate, volume, taken)
	}
	if n > 1 {
		v.forbidden(p, "want only one kind in each source")
	}
}

// projectedKeys judges keys of a config map or secret as files.
func (v *validator) projectedKeys(p path, name string, items []KeyToPath, volume path, taken *smallSet[string]) {
	v.requireText(p.field("name"), name)
	list := p.field("items")
	for i := range items {
		v.keyToPath(list.at(i), &items[i])
		if items[i].Path != "" {
			v.projectedFile(volume, items[i].Path, taken)
		}
	}
}

// projectedFields judges fields of the pod as files.
func (v *validator) projectedFields(p path, d *DownwardAPIProjection, volume path, taken *smallSet[string]) {
	list := p.real("items")
	for i := range d.Items {
		v.downwardAPIFile(list.realAt(i), &d.Items[i])
		if d.Items[i].Path != "" {
			v.projectedFile(volume, d.Items[i].Path, taken)
		}
	}
}

// Bounds of how long a service account token is valid, in seconds.
const (
	minTokenSeconds = 10 * 60
	maxTokenSeconds = 1 << 32
)

// projectedToken judges a service account token as a file.
func (v *validator) projectedToken(p path, t *ServiceAccountTokenProjection) {
	if t.ExpirationSeconds == nil {
		v.required(p.field("expirationSeconds"), "")
	} else {
		v.inRange(p.field("expirationSeconds"), *t.ExpirationSeconds, minTokenSeconds, maxTokenSeconds)
	}
	v.userID(p.field("user"), t.User)
}

// tokenPath judges the path of a token's file. It does not collide with others.
func (v *validator) tokenPath(p path, file string) {
	if file == "" {
		v.required(p.field("path"), "")
	} else if !v.allow.nonLocalTokenPath {
		v.filePath(p.field("path"), file)
	}
}

// tokensNeedServiceAccount judges that a pod without a service account has no tokens of it.
func (v *validator) tokensNeedServiceAccount(p path, s *Spec) {
	if s.ServiceAccountName != "" {
		return
	}
	for i := range s.Volumes {
		if s.Volumes[i].Projected == nil {
			continue
		}
		at := p.at(i)
		volume := at.field("projected")
		list := volume.field("sources")
		for j, source := range s.Volumes[i].Projected.Sources {
			if source.ServiceAccountToken != nil {
				item := list.at(j)
				v.forbidden(item.field("serviceAccountToken"), "needs serviceAccountName")
			}
		}
	}
}

// clusterTrustBundle judges certificates as a file: those of one bundle by name, or those of a signer.
func (v *validator) clusterTrustBundle(p path, c *ClusterTrustBundleProjection, volume path, taken *smallSet[string]) {
	switch {
	case c.Name != nil && c.SignerName != nil:
		v.invalid(p, *c.Name, "want either name or signerName")
	case c.Name != nil:
		v.trustBundleByName(p, c)
	case c.SignerName != nil:
		v.signerName(p.field("signerName"), *c.SignerName)
		if c.LabelSelector != nil {
			v.labelSelector(p.field("labelSelector"), c.LabelSelector)
		}
	default:
		v.required(p, "want name or signerName")
	}
	v.requireText(p.field("path"), c.Path)
	v.filePath(p.field("path"), c.Path)
	v.userID(p.field("user"), c.User)
	v.projectedFile(volume, c.Path, taken)
}

// trustBundleByName judges certificates that are named, so that no selector is wanted.
func (v *validator) trustBundleByName(p path, c *ClusterTrustBundleProjection) {
	v.requireText(p.field("name"), *c.Name)
	v.trustBundleName(p.field("name"), *c.Name)
	if c.LabelSelector != nil {
		v.invalid(p.field("labelSelector"), nil, "not together with name")
	}
}

// trustBundleName judges the name of a bundle: a subdomain, and in front of it, where it belongs to a signer, the name
// of the signer with colons for slashes, and a colon.
func (v *validator) trustBundleName(p path, name string) {
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 {
		v.name(p, name, naming.DNS1123Subdomain(name))
		return
	}
	if signer := name[:colon]; signer == "" || strings.Contains(signer, "/") {
		v.invalid(p, name, "want signer:name, where the signer has colons for slashes")
		return
	}
	v.name(p, name, naming.DNS1123Subdomain(name[colon+1:]))
}

// Bounds of the name of a signer, in bytes.
const (
	maxSignerDomain = 253
	maxSignerName   = 571
)

// signerName judges the name of a signer of certificates: a domain of two parts or more, and a path after a slash.
// See https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#signers.
func (v *validator) signerName(p path, s string) {
	const want = "want a domain and a path, as in example.com/signer"
	if s == "" {
		v.required(p, want)
		return
	}
	domain, name, ok := strings.Cut(s, "/")
	if !ok || strings.Contains(name, "/") {
		v.invalid(p, s, want)
		return
	}
	if len(domain) > maxSignerDomain {
		v.tooLong(p, maxSignerDomain)
	}
	if !strings.Contains(domain, ".") || !allParts(domain, naming.DNS1123Label) || !allParts(name, naming.DNS1123Subdomain) {
		v.invalid(p, s, want)
	}
	if len(s) > maxSignerName {
		v.tooLong(p, maxSignerName)
	}
}

// allParts reports whether check is nil for every part of s between dots.
func allParts(s string, check func(string) error) bool {
	for more := true; more; {
		var part string
		if part, s, more = strings.Cut(s, "."); check(part) != nil {
			return false
		}
	}
	return true
}

// Bounds of how long a certificate of a pod is valid, in seconds; signers of Kubernetes itself give less.
const (
	minCertificateSeconds           = 60 * 60
	maxCertificateSeconds           = 91 * 24 * 60 * 60
	maxKubernetesCertificateSeconds = 24 * 60 * 60
)

// podCertificate judges a private key and its certificate as files.
// See https://kubernetes.io/docs/concepts/storage/projected-volumes/#podcertificate.
func (v *validator) podCertificate(p path, c *PodCertificateProjection, volume path, taken *smallSet[string]) {
	v.signerName(p.field("signerName"), c.SignerName)
	oneOf(v, p.field("keyType"), c.KeyType, "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
	if s := c.MaxExpirationSeconds; s != nil {
		most := int64(maxCertificateSeconds)
		if host, _, _ := strings.Cut(c.SignerName, "/"); host == "kubernetes.io" || strings.HasSuffix(host, ".kubernetes.io") {
			most = maxKubernetesCertificateSeconds
		}
		v.inRange(p.field("maxExpirationSeconds"), int64(*s), minCertificateSeconds, most)
	}
	v.certificateFile(p.field("credentialBundlePath"), c.CredentialBundlePath, volume, taken)
	v.certificateFile(p.field("keyPath"), c.KeyPath, volume, taken)
	v.certificateFile(p.field("certificateChainPath"), c.CertificateChainPath, volume, taken)
	if c.CredentialBundlePath == "" && c.KeyPath == "" && c.CertificateChainPath == "" {
		v.required(p, "want credentialBundlePath, keyPath or certificateChainPath")
	}
	v.userAnnotations(p.field("userAnnotations"), c.UserAnnotations)
	v.userID(p.field("user"), c.User)
}

// certificateFile judges the path of a file of a certificate, if it is wanted.
func (v *validator) certificateFile(p path, file string, volume path, taken *smallSet[string]) {
	if file != "" {
		v.filePath(p, file)
		v.projectedFile(volume, file, taken)
	}
}

// userAnnotations judges what a pod tells the signer of its certificate.
func (v *validator) userAnnotations(p path, annotations map[string]string) {
	mark, size := len(v.errs), 0
	for key, value := range annotations {
		size += len(key) + len(value)
		if key == "" {
			v.required(p.realKey(key), "a key may not be empty")
			continue
		}
		v.name(p.realKey(key), key, naming.PrefixedAnnotationKey(key))
	}
	v.sortFrom(mark)
	if size > maxAnnotations {
		v.tooLong(p, maxAnnotations)
	}
}
