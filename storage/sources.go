package storage

import (
	"errors"

	"github.com/podlife/podlife/pod"
)

// Sources is where the files of configMap, secret, downwardAPI and projected volumes come from. What it returns is only
// read. A nil Sources has nothing. One that is also Credentials serves projected credentials too.
type Sources = pod.Sources

// Credentials makes the contents of the projections that no object of the pod's namespace holds. A Sources may have
// these methods as well; without them such a projection is an error.
// See https://kubernetes.io/docs/concepts/storage/projected-volumes/.
type Credentials interface {
	// ServiceAccountToken returns a token for the service account of p.
	ServiceAccountToken(p *pod.Pod, want *pod.ServiceAccountTokenProjection) ([]byte, error)
	// TrustBundle returns the certificates that want selects, in PEM. Where there are none and want is optional, it
	// returns none and no error.
	TrustBundle(want *pod.ClusterTrustBundleProjection) ([]byte, error)
	// PodCertificate returns the key and the certificate chain of p, in PEM.
	PodCertificate(p *pod.Pod, want *pod.PodCertificateProjection) (key, chain []byte, err error)
}

// nothing is the Sources of who gives none.
type nothing struct{}

func (nothing) ConfigMap(string) (pod.ConfigMap, bool)   { return pod.ConfigMap{}, false }
func (nothing) Secret(string) (pod.Secret, bool)         { return pod.Secret{}, false }
func (nothing) Services() []pod.Service                  { return nil }
func (nothing) Surroundings() pod.Surroundings           { return pod.Surroundings{} }
func (nothing) File(volume, path string) ([]byte, error) { return nil, pod.ErrVolumeNotFound }

var errNoCredentials = errors.New("the sources have no credentials to give")

// credentials returns the Credentials of s.
func credentials(s Sources) (Credentials, error) {
	c, ok := s.(Credentials)
	if !ok {
		return nil, errNoCredentials
	}
	return c, nil
}
