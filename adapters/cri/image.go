package cri

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// presentFor is how long an image that is on the node is taken to be there still.
const presentFor = 30 * time.Second

// images remembers which images are on the node.
type images struct {
	engine *engine
	mu     sync.Mutex
	known  map[string]knownImage
}

// knownImage is what the engine said of an image, and how long that is believed.
type knownImage struct {
	found *criapi.Image
	until time.Time
}

// status asks the engine for an image; nil where it is not on the node.
func (i *images) status(ctx context.Context, ref string) (*criapi.Image, error) {
	parsed, err := pod.ParseImage(ref)
	if err != nil {
		return nil, err
	}
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	answer, err := i.engine.images.ImageStatus(look, &criapi.ImageStatusRequest{Image: &criapi.ImageSpec{Image: parsed.Pulled}})
	if err := i.engine.refusal(ctx, "ImageStatus", err); err != nil && !isNotFound(err) {
		return nil, err
	}
	found := answer.GetImage()
	i.mu.Lock()
	defer i.mu.Unlock()
	if found == nil || found.Id == "" {
		delete(i.known, ref)
		return nil, nil
	}
	if i.known == nil {
		i.known = map[string]knownImage{}
	}
	i.known[ref] = knownImage{found, time.Now().Add(presentFor)}
	return found, nil
}

// missing returns those images that are not on the node. One whose name is no name is missing.
func (i *images) missing(ctx context.Context, refs []string) ([]string, error) {
	var out []string
	for _, ref := range refs {
		if i.remembered(ref) != nil {
			continue
		}
		if _, err := pod.ParseImage(ref); err != nil {
			out = append(out, ref)
			continue
		}
		found, err := i.status(ctx, ref)
		if err != nil {
			return nil, err
		}
		if found == nil {
			out = append(out, ref)
		}
	}
	return out, nil
}

// remembered returns an image that is believed to be on the node, or nil.
func (i *images) remembered(ref string) *criapi.Image {
	i.mu.Lock()
	defer i.mu.Unlock()
	if k := i.known[ref]; time.Now().Before(k.until) {
		return k.found
	}
	return nil
}

// forget believes nothing of an image any more.
func (i *images) forget(ref string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.known, ref)
}

// PullImage implements node.ImagePuller. It tries the pod's credentials for the image's registry, one after the other, and none where
// there are none. See https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/.
func (r *Runtime) PullImage(ctx context.Context, p *pod.Pod, container string) (size int64, err error) {
	c := p.Spec.Container(container)
	if c == nil {
		return 0, fmt.Errorf("container %q is not in pod %q", container, p.UID)
	}
	found, err := r.pull(ctx, p, c.Image)
	if err != nil {
		return 0, err
	}
	return int64(found.GetSize()), nil
}

// pull fetches an image for a pod and returns what the engine then says of it.
func (r *Runtime) pull(ctx context.Context, p *pod.Pod, name string) (*criapi.Image, error) {
	ref, err := pod.ParseImage(name)
	if err != nil {
		return nil, invalidName(name, err)
	}
	sandbox, err := r.sandboxConfig(p)
	if err != nil {
		return nil, err
	}
	logins := r.logins(p, ref)
	if len(logins) == 0 {
		logins = []*criapi.AuthConfig{nil}
	}
	for _, login := range logins {
		request := &criapi.PullImageRequest{Image: &criapi.ImageSpec{Image: ref.Pulled}, Auth: login, SandboxConfig: sandbox}
		if _, err = r.engine.images.PullImage(ctx, request); err == nil {
			break
		}
	}
	if err := r.engine.refusal(ctx, "PullImage", err); err != nil {
		return nil, pullError(err)
	}
	found, err := r.images.status(ctx, name)
	if err == nil && found == nil {
		err = fmt.Errorf("image %q was pulled and is not on the node: %w", name, ErrImage)
	}
	return found, err
}

func invalidName(ref string, err error) error {
	return &node.StartError{
		Reason:  pod.ReasonInvalidImageName,
		Message: fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", ref, ref, err),
	}
}

// pullError puts what an engine said of a pull in Kubernetes' words.
func pullError(err error) error {
	if ctxError(err) {
		return err
	}
	text := detail(err)
	reason := pod.ReasonErrImagePull
	for _, r := range [...]pod.Reason{pod.ReasonRegistryUnavailable, pod.ReasonSignatureValidationFailed} {
		if strings.HasPrefix(text, string(r)) {
			reason = r
		}
	}
	return &node.StartError{Reason: reason, Message: text}
}

// ctxError reports whether an error says that somebody stopped waiting.
func ctxError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// image returns the container's image, fetched where it is not on the node and its policy allows that.
func (s *start) image(ctx context.Context) (image, error) {
	found := s.images.remembered(s.container.Image)
	if found == nil {
		policy := cmp.Or(s.container.ImagePullPolicy, pod.DefaultPullPolicy(s.container.Image))
		if policy == pod.PullAlways {
			policy = pod.PullIfNotPresent // the agent has seen to it already
		}
		var err error
		if found, err = s.present(ctx, s.container.Image, policy); err != nil {
			return image{}, err
		}
	}
	return image{id: found.Id, user: userOf(found)}, nil
}

// present returns an image that is on the node, after fetching it where the policy says so. An empty policy is the usual one of the
// image's name.
func (s *start) present(ctx context.Context, name string, policy pod.PullPolicy) (*criapi.Image, error) {
	found, err := s.images.status(ctx, name)
	switch {
	case err != nil && errors.As(err, new(*Error)):
		return nil, err
	case err != nil:
		return nil, invalidName(name, err)
	}
	switch policy = cmp.Or(policy, pod.DefaultPullPolicy(name)); {
	case policy == pod.PullAlways, found == nil && policy == pod.PullIfNotPresent:
		return s.pull(ctx, s.pod, name)
	case found == nil:
		return nil, &node.StartError{
			Reason:  pod.ReasonErrImageNeverPull,
			Message: fmt.Sprintf("Container image %q is not present with pull policy of Never", name),
		}
	}
	return found, nil
}

// userOf is who the image's program runs as; where the image does not say, that is root.
func userOf(i *criapi.Image) imageUser {
	switch {
	case i.GetUid() != nil:
		uid := i.GetUid().GetValue()
		return imageUser{uid: &uid}
	case i.GetUsername() != "":
		return imageUser{name: i.GetUsername()}
	}
	return imageUser{uid: new(int64)}
}
