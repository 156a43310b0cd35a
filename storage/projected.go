package storage

import (
	"errors"
	"slices"

	"github.com/podlife/podlife/pod"
)

// credentialMode is the mode of a projected credential that has one user, or a group that the volume is given to.
const credentialMode int32 = 0o600

// projected adds the files of all sources in their order. It goes on after a fault, and returns all faults.
// See https://kubernetes.io/docs/concepts/storage/projected-volumes/.
func (c *collection) projected(sources []pod.VolumeProjection) error {
	var faults []error
	for i := range sources {
		if err := c.projection(&sources[i]); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func (c *collection) projection(s *pod.VolumeProjection) error {
	switch {
	case s.Secret != nil:
		return c.secret(s.Secret.Name, s.Secret.Items, isTrue(s.Secret.Optional))
	case s.ConfigMap != nil:
		return c.configMap(s.ConfigMap.Name, s.ConfigMap.Items, isTrue(s.ConfigMap.Optional))
	case s.DownwardAPI != nil:
		return c.downward(s.DownwardAPI.Items)
	case s.ServiceAccountToken != nil:
		return c.token(s.ServiceAccountToken)
	case s.ClusterTrustBundle != nil:
		return c.trustBundle(s.ClusterTrustBundle)
	case s.PodCertificate != nil:
		return c.certificate(s.PodCertificate)
	}
	return nil
}

func (c *collection) token(want *pod.ServiceAccountTokenProjection) error {
	from, err := credentials(c.from)
	if err != nil {
		return err
	}
	token, err := from.ServiceAccountToken(c.pod, want)
	if err != nil {
		return err
	}
	c.addCredential(want.Path, token, want.User)
	return nil
}

func (c *collection) trustBundle(want *pod.ClusterTrustBundleProjection) error {
	if want.Name == nil && want.SignerName == nil {
		return errors.New("ClusterTrustBundle projection requires either name or signerName to be set")
	}
	from, err := credentials(c.from)
	if err != nil {
		return err
	}
	bundle, err := from.TrustBundle(want)
	if err != nil {
		return err
	}
	c.addCredential(want.Path, bundle, want.User)
	return nil
}

func (c *collection) certificate(want *pod.PodCertificateProjection) error {
	from, err := credentials(c.from)
	if err != nil {
		return err
	}
	key, chain, err := from.PodCertificate(c.pod, want)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		path string
		data []byte
	}{
		{want.CredentialBundlePath, slices.Concat(key, chain)},
		{want.KeyPath, key},
		{want.CertificateChainPath, chain},
	} {
		if f.path != "" {
			c.addCredential(f.path, f.data, want.User)
		}
	}
	return nil
}

// addCredential adds a file that only its user may read, where there is one user.
func (c *collection) addCredential(path string, data []byte, user *int64) {
	owner := commonUser(c.pod)
	if c.user != nil {
		owner = c.user
	}
	if user != nil {
		owner = user
	}
	mode := c.mode
	if sc := c.pod.Spec.SecurityContext; owner != nil || sc != nil && sc.FSGroup != nil {
		mode = credentialMode
	}
	c.add(path, data, &mode, owner)
}

// commonUser returns the user that all containers of p run as, nil where they do not all state the same.
func commonUser(p *pod.Pod) *int64 {
	var of *int64
	if sc := p.Spec.SecurityContext; sc != nil {
		of = sc.RunAsUser
	}
	var users []*int64
	for _, list := range [][]pod.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			users = append(users, runAsUser(list[i].SecurityContext, of))
		}
	}
	for i := range p.Spec.EphemeralContainers {
		users = append(users, runAsUser(p.Spec.EphemeralContainers[i].SecurityContext, of))
	}
	if len(users) == 0 || slices.ContainsFunc(users, func(u *int64) bool { return u == nil || users[0] == nil || *u != *users[0] }) {
		return nil
	}
	return users[0]
}

// runAsUser is the user of one container, whose pod has the given one.
func runAsUser(sc *pod.SecurityContext, podUser *int64) *int64 {
	if sc != nil && sc.RunAsUser != nil {
		return sc.RunAsUser
	}
	return podUser
}
