package pod_test

import (
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestParseImageAgreesWithKubernetes(t *testing.T) {
	eachNodeRow(t, "images", func(row corpusRow) {
		in := unmarshal[struct{ Image string }](t, row.In)
		want := unmarshal[struct {
			OK                        bool
			Repo, Tag, Digest, Pulled string
			DefaultPullPolicy         pod.PullPolicy
			Error                     string
		}](t, row.Out)
		got, err := pod.ParseImage(in.Image)
		require.Equal(t, want.OK, err == nil, "%s %q: %v", row.ID, in.Image, err)
		require.Equal(t, want.DefaultPullPolicy, pod.DefaultPullPolicy(in.Image), "%s %q", row.ID, in.Image)
		if err != nil {
			require.Contains(t, want.Error, `": `+err.Error(), "%s", row.ID)
			return
		}
		require.Equal(t, pod.Image{Repository: want.Repo, Tag: want.Tag, Digest: want.Digest, Pulled: want.Pulled}, got, "%s %q", row.ID, in.Image)
	})
}

func TestParseImage(t *testing.T) {
	sum := "sha256:" + strings.Repeat("0a", 32)
	tests := []struct {
		ref        string
		repository string
		tag        string
		digest     string
		pulled     string
	}{
		{"busybox", "docker.io/library/busybox", "latest", "", "busybox:latest"},
		{"busybox:1.36", "docker.io/library/busybox", "1.36", "", "busybox:1.36"},
		{"busybox@" + sum, "docker.io/library/busybox", "", sum, "busybox@" + sum},
		{"busybox:1@" + sum, "docker.io/library/busybox", "1", sum, "busybox:1@" + sum},
		{"team/app", "docker.io/team/app", "latest", "", "team/app:latest"},
		{"docker.io/app", "docker.io/library/app", "latest", "", "docker.io/app:latest"},
		{"index.docker.io/app", "docker.io/library/app", "latest", "", "index.docker.io/app:latest"},
		{"localhost/app:1", "localhost/app", "1", "", "localhost/app:1"},
		{"localhost:5000/app", "localhost:5000/app", "latest", "", "localhost:5000/app:latest"},
		{"registry.example/a/b__c/d-e:v1", "registry.example/a/b__c/d-e", "v1", "", "registry.example/a/b__c/d-e:v1"},
		{"[::1]:5000/app:1", "[::1]:5000/app", "1", "", "[::1]:5000/app:1"},
		{"REG/app:1", "REG/app", "1", "", "REG/app:1"},
		{"a_b.c/app:1", "a_b.c/app", "1", "", "a_b.c/app:1"},
	}
	for _, tt := range tests {
		got, err := pod.ParseImage(tt.ref)
		require.NoError(t, err, tt.ref)
		require.Equal(t, pod.Image{Repository: tt.repository, Tag: tt.tag, Digest: tt.digest, Pulled: tt.pulled}, got, tt.ref)
	}
}

func TestParseImageErrors(t *testing.T) {
	tests := []struct{ ref, want string }{
		{"", "invalid reference format"},
		{"a:", "invalid reference format"},
		{"a:1:2", "invalid reference format"},
		{"a@", "invalid reference format"},
		{"a/", "invalid reference format"},
		{"a-.b", "invalid reference format"},
		{"a___b", "invalid reference format"},
		{"a._b", "invalid reference format"},
		{"host:x/a", "invalid reference format"},
		{"[::1/a", "invalid reference format"},
		{"[]:1/a", "invalid reference format"},
		{"a:" + strings.Repeat("t", 129), "invalid reference format"},
		{"a@sha256:abc", "invalid reference format"},
		{"a@sha256:" + strings.Repeat("\x10", 64), "invalid reference format"},
		{"a@1sum:" + strings.Repeat("0", 64), "invalid reference format"},
		{"a@x--y:" + strings.Repeat("0", 64), "invalid reference format"},
		{"a@x-y:" + strings.Repeat("0", 64), "unsupported digest algorithm"},
		{"a@sha256:" + strings.Repeat("0", 63), "invalid checksum digest length"},
		{"a@sha256:" + strings.Repeat("A", 64), "invalid checksum digest format"},
		{"UPPER", "invalid reference format: repository name (library/UPPER) must be lowercase"},
		{"not_Registry/a", "repository name must be lowercase"},
		{"reg.example/UPPER:1", "invalid reference format: repository name (UPPER) must be lowercase"},
		{strings.Repeat("a", 64), "invalid repository name (" + strings.Repeat("a", 64) + "), cannot specify 64-byte hexadecimal strings"},
		{"x.example/" + strings.Repeat("a", 256), "repository name must not be more than 255 characters"},
	}
	for _, tt := range tests {
		got, err := pod.ParseImage(tt.ref)
		require.EqualError(t, err, tt.want, "%q", tt.ref)
		require.Zero(t, got)
	}
}

func TestDefaultPullPolicy(t *testing.T) {
	sum := "@sha256:" + strings.Repeat("0", 64)
	tests := []struct {
		image string
		want  pod.PullPolicy
	}{
		{"a", pod.PullAlways},
		{"a:latest", pod.PullAlways},
		{"a:latest" + sum, pod.PullAlways},
		{"a:1", pod.PullIfNotPresent},
		{"a" + sum, pod.PullIfNotPresent},
		{"not an image", pod.PullIfNotPresent},
		{"", pod.PullIfNotPresent},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, pod.DefaultPullPolicy(tt.image), "%q", tt.image)
	}
}

func FuzzParseImage(f *testing.F) {
	for _, s := range []string{"a", "a:1", "a/b@sha256:" + strings.Repeat("0", 64), "[::1]:5/a", "A/b", "a..b", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		img, err := pod.ParseImage(ref)
		if err != nil {
			require.Zero(t, img)
			return
		}
		again, err := pod.ParseImage(img.Pulled)
		require.NoError(t, err, "what is pulled for %q", ref)
		require.Equal(t, img, again, "parsing is idempotent")
		full := img.Repository
		if img.Tag != "" {
			full += ":" + img.Tag
		}
		if img.Digest != "" {
			full += "@" + img.Digest
		}
		long, err := pod.ParseImage(full)
		require.NoError(t, err, "the full name of %q", ref)
		long.Pulled = img.Pulled
		require.Equal(t, img, long, "the full name means the same")
	})
}
