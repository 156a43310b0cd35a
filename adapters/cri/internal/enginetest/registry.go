package enginetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// Media types of the registry's answers.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

// Registry serves one image, Image, on a port of this machine, over plain HTTP, which engines allow there:
//
//	HOST/public/app:1     to anybody
//	HOST/private/app:1    to who knows User and Password
//
// Anything else is not found. Serve it with net/http.
type Registry struct {
	User, Password string
	// Pulls counts how often a manifest was handed out.
	Pulls    atomic.Int64
	blobs    map[string][]byte
	manifest []byte
}

// NewRegistry returns a registry with the image in it. The image is not that of an engine, but has the same files.
func NewRegistry(user, password string) (*Registry, error) {
	program, err := busybox()
	if err != nil {
		return nil, err
	}
	layer, err := layerTar(map[string]string{"busybox": program})
	if err != nil {
		return nil, err
	}
	config, err := imageConfig("4321", []string{"/bin/sh"}, sha256.Sum256(layer))
	if err != nil {
		return nil, err
	}
	r := &Registry{User: user, Password: password, blobs: map[string][]byte{}}
	r.manifest, err = json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": r.add(configType, config), "layers": []any{r.add(layerType, layer)},
	})
	return r, err
}

// add keeps a blob and returns its descriptor.
func (r *Registry) add(kind string, data []byte) map[string]any {
	digest := digestOf(data)
	r.blobs[digest] = data
	return map[string]any{"mediaType": kind, "size": len(data), "digest": digest}
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Digest is that of the image's manifest.
func (r *Registry) Digest() string { return digestOf(r.manifest) }

// ServeHTTP answers as the distribution specification has it, as far as a pull needs it.
func (r *Registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	path := strings.TrimPrefix(q.URL.Path, "/v2/")
	if user, password, _ := q.BasicAuth(); strings.HasPrefix(path, "private/") && (user != r.User || password != r.Password) {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, `{"errors": [{"code": "UNAUTHORIZED"}]}`, http.StatusUnauthorized)
		return
	}
	name, digest, isBlob := strings.Cut(path, "/blobs/")
	known := name == "public/app" || name == "private/app"
	if data := r.blobs[digest]; isBlob && known && data != nil {
		_, _ = w.Write(data)
		return
	}
	name, tag, _ := strings.Cut(path, "/manifests/")
	if (name == "public/app" || name == "private/app") && (tag == "1" || tag == r.Digest()) {
		r.Pulls.Add(1)
		w.Header().Set("Content-Type", manifestType)
		w.Header().Set("Docker-Content-Digest", r.Digest())
		_, _ = w.Write(r.manifest)
		return
	}
	http.Error(w, `{"errors": [{"code": "MANIFEST_UNKNOWN"}]}`, http.StatusNotFound)
}

// Listen opens a port for a registry, of the address that engines speak plain HTTP with.
func Listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
