package cri

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"path"
	"slices"
	"strings"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
)

// The keys of secrets that hold credentials of registries; those of such a type have just the one.
// See https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets.
const (
	keyDockerConfigJSON = ".dockerconfigjson"
	keyDockerConfig     = ".dockercfg"
)

// login is one entry of a Docker configuration.
type login struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

// entry is a login and what it is for: a registry, with or without a path.
type entry struct {
	registry string
	login
}

// logins returns the pod's credentials for an image, the most specific ones first. A secret that does not exist, is of another type
// or cannot be read counts as none, as in Kubernetes.
func (r *Runtime) logins(p *pod.Pod, ref pod.Image) []*criapi.AuthConfig {
	if r.cfg.Secrets == nil {
		return nil
	}
	var all []entry
	for _, name := range p.Spec.ImagePullSecrets {
		if secret, ok := r.cfg.Secrets.Secret(p.Namespace, name.Name); ok {
			all = append(all, entries(secret)...)
		}
	}
	var out []*criapi.AuthConfig
	for _, e := range matching(all, ref.Repository) {
		out = append(out, e.auth())
	}
	return out
}

// entries returns what is in a secret, by registry.
func entries(s pod.Secret) []entry {
	var file struct {
		Auths map[string]login `json:"auths"`
	}
	if data, ok := s.Data[keyDockerConfigJSON]; ok {
		if json.Unmarshal(data, &file) != nil {
			return nil
		}
	} else if json.Unmarshal(s.Data[keyDockerConfig], &file.Auths) != nil {
		return nil
	}
	var out []entry
	for registry, l := range file.Auths {
		out = append(out, entry{registry, l})
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.registry, b.registry) })
	return out
}

// matching returns the entries for a repository, those with the longest name first.
func matching(all []entry, repository string) []entry {
	out := slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return !covers(e.registry, repository) })
	slices.SortStableFunc(out, func(a, b entry) int { return cmp.Compare(len(clean(b.registry)), len(clean(a.registry))) })
	return out
}

// clean takes the scheme and the version of the protocol off a registry's name.
func clean(registry string) string {
	registry = strings.TrimPrefix(strings.TrimPrefix(registry, "https://"), "http://")
	registry = strings.TrimSuffix(registry, "/")
	host, rest, _ := strings.Cut(registry, "/")
	if host == "index.docker.io" {
		host = "docker.io"
	}
	if rest == "v1" || rest == "v2" {
		rest = ""
	}
	return strings.TrimSuffix(host+"/"+rest, "/")
}

// covers reports whether credentials for a registry are for a repository. Each part of the host may be a pattern, and the path must
// be the beginning of the repository's.
// See https://kubernetes.io/docs/concepts/containers/images/#config-json.
func covers(registry, repository string) bool {
	host, prefix, _ := strings.Cut(clean(registry), "/")
	ownHost, ownPath, _ := strings.Cut(repository, "/")
	return coversHost(host, ownHost) && strings.HasPrefix(ownPath, prefix)
}

func coversHost(pattern, host string) bool {
	pattern, patternPort, _ := strings.Cut(pattern, ":")
	host, hostPort, _ := strings.Cut(host, ":")
	want, have := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(want) != len(have) || patternPort != hostPort {
		return false
	}
	for i := range want {
		if ok, err := path.Match(want[i], have[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// auth is a login as the engine takes it. It names no server, as it is only given for an image that it is for: engines take the name for
// a URL, and hold back what they find to be another's.
func (e entry) auth() *criapi.AuthConfig {
	out := &criapi.AuthConfig{
		Username: e.Username, Password: e.Password,
		IdentityToken: e.IdentityToken, RegistryToken: e.RegistryToken,
	}
	if out.Username == "" {
		if b, err := base64.StdEncoding.DecodeString(e.Auth); err == nil {
			out.Username, out.Password, _ = strings.Cut(string(b), ":")
		}
	}
	return out
}
