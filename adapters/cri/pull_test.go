package cri_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// secrets has one secret, of the namespace shop.
type secrets map[string]pod.Secret

func (s secrets) Secret(namespace, name string) (pod.Secret, bool) {
	secret, ok := s[namespace+"/"+name]
	return secret, ok
}

// registry serves images on a port of this machine, and returns itself and its host.
func registry(t *testing.T) (*enginetest.Registry, string) {
	t.Helper()
	r, err := enginetest.NewRegistry("shopper", "s3cret")
	require.NoError(t, err)
	l, err := enginetest.Listen()
	require.NoError(t, err)
	server := &http.Server{Handler: r}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return r, l.Addr().String()
}

// Images come from a registry, with the credentials of the pod's secrets where they are for it, the right ones among several.
func TestPull(t *testing.T) {
	sharedEngine(t)
	from, host := registry(t)
	login := func(user, password string) pod.Secret {
		auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		return pod.Secret{Data: map[string][]byte{".dockerconfigjson": []byte(`{"auths": {"` + host + `": {"auth": "` + auth + `"}}}`)}}
	}
	r := newRuntime(t, func(c *cri.Config) {
		c.Secrets = secrets{"shop/good": login("shopper", "s3cret"), "shop/bad": login("shopper", "wrong"), "elsewhere/good2": login("shopper", "s3cret")}
	})
	spec := func(secrets, image string) string {
		return "  imagePullSecrets: [" + secrets + "]\n  containers: [{name: a, image: '" + host + "/" + image + "', command: [sleep, '1000']}]\n"
	}
	for _, c := range []struct{ name, secrets, image, fault string }{
		{"no secret", "", "private/app:1", "uthoriz"},
		{"wrong password", "{name: bad}", "private/app:1", "uthoriz"},
		{"secret of another namespace", "{name: good2}", "private/app:1", "uthoriz"},
		{"no such secret", "{name: absent}", "private/app:1", "uthoriz"},
		{"no such image", "{name: good}", "private/other:1", "not found"},
		{"no such tag", "", "public/app:2", "not found"},
		{"right after wrong", "{name: bad}, {name: good}", "private/app:1", ""},
		{"anybody", "", "public/app:1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t, r, spec(c.secrets, c.image))
			defer func() { require.NoError(t, r.RemoveSandbox(t.Context(), b.p.UID)) }()
			seen, err := r.List(t.Context(), b.p.UID)
			require.NoError(t, err)
			require.Equal(t, []string{host + "/" + c.image}, seen.MissingImages)
			size, err := r.PullImage(t.Context(), b.p, "a")
			if c.fault != "" {
				var start *node.StartError
				require.ErrorAs(t, err, &start)
				require.Equal(t, pod.ReasonErrImagePull, start.Reason)
				require.Contains(t, start.Message, c.fault)
				require.Contains(t, start.Message, host+"/"+c.image)
				return
			}
			require.NoError(t, err)
			require.Positive(t, size)
			b.run("a")
			require.Equal(t, "4321", b.sh("a", "id -u"), "the image's own user")
			seen, err = r.List(t.Context(), b.p.UID)
			require.NoError(t, err)
			require.Empty(t, seen.MissingImages)
			require.Contains(t, seen.Containers[0].ImageID, from.Digest())
		})
	}
	require.NoError(t, sharedEngine(t).RemoveImage(host+"/private/app:1"))
	require.NoError(t, sharedEngine(t).RemoveImage(host+"/public/app:1"))
}

// An agent pulls what is missing, and with the policy Always what is there as well; what is no name is not asked for.
func TestPullPolicy(t *testing.T) {
	sharedEngine(t)
	from, host := registry(t)
	a := newAgent(t, newRuntime(t))
	image := host + "/public/app:1"
	start := func(name, policy string) *pod.Pod {
		p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n  terminationGracePeriodSeconds: 0\n" +
			"  containers: [{name: a, image: '" + image + "', imagePullPolicy: " + policy + ", command: [sleep, '1000']}]\n"))
		require.NoError(t, err)
		require.NoError(t, a.Apply(p))
		return p
	}
	p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: invalid}\nspec: {containers: [{name: a, image: 'Not:A:Name'}]}\n"))
	require.NoError(t, err)
	require.NoError(t, a.Apply(p))
	invalid := until(t, a, "invalid", func(p *pod.Pod) bool {
		c := p.Status.ContainerStatuses
		return len(c) > 0 && c[0].State.Waiting != nil && c[0].State.Waiting.Reason == pod.ReasonInvalidImageName
	})
	require.Contains(t, invalid.Status.ContainerStatuses[0].State.Waiting.Message, `couldn't parse image name "Not:A:Name"`)

	start("never", "Never")
	waiting := until(t, a, "never", func(p *pod.Pod) bool {
		return len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil &&
			p.Status.ContainerStatuses[0].State.Waiting.Reason == pod.ReasonErrImageNeverPull
	})
	require.Contains(t, waiting.Status.ContainerStatuses[0].State.Waiting.Message, "is not present with pull policy of Never")
	require.Zero(t, from.Pulls.Load())

	start("missing", "IfNotPresent")
	running := until(t, a, "missing", ready)
	require.Contains(t, running.Status.ContainerStatuses[0].ImageID, from.Digest())
	pulled := from.Pulls.Load()
	require.Positive(t, pulled)
	start("present", "IfNotPresent")
	until(t, a, "present", ready)
	require.Equal(t, pulled, from.Pulls.Load())
	start("always", "Always")
	until(t, a, "always", ready)
	require.Greater(t, from.Pulls.Load(), pulled)
	require.NoError(t, sharedEngine(t).RemoveImage(image))
}
