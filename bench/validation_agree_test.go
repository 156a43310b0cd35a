package bench

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	registry "k8s.io/kubernetes/pkg/registry/core/pod"
	sigsjson "sigs.k8s.io/json"

	"github.com/podlife/podlife/pod"
)

// tries is how many samples a test of agreement makes: many more with PODLIFE_LONG.
func tries[N int | uint64](few, many N) N {
	if os.Getenv("PODLIFE_LONG") != "" {
		return many
	}
	return few
}

// TestCreateAgrees breeds pods of recorded ones, and compares what becomes of them when they are created with what Kubernetes' own
// strategy for pods does in this process: whether they decode, the faults, and the pod as stored.
func TestCreateAgrees(t *testing.T) {
	var parents []any
	eachRow(t, "../pod/testdata/pods.jsonl.gz", func(row map[string]any) {
		if p, ok := row["pod"].(map[string]any); ok && p["apiVersion"] == "v1" && p["kind"] == "Pod" {
			parents = append(parents, p)
		}
	})
	b := newBreeder(1, parents)
	wrong := 0
	for range tries(1000, 30_000) {
		child, how := b.breed(pick(b.random, parents), pick(b.random, []string{".spec", ".metadata"}))
		text, _ := json.Marshal(child)
		if difference := createDiffers(text); difference != "" {
			t.Errorf("%s: %s\n%s", how, difference, text)
			if wrong++; wrong == 40 {
				t.FailNow()
			}
		}
	}
}

// TestUpdateAgrees does the same with updates of recorded pods, through each subresource.
func TestUpdateAgrees(t *testing.T) {
	var parents []any
	eachRow(t, "../pod/testdata/updates.jsonl.gz", func(row map[string]any) { parents = append(parents, row["old"]) })
	b := newBreeder(1, parents)
	wrong := 0
	for range tries(1000, 30_000) {
		parent := pick(b.random, parents)
		below := pick(b.random, []string{".spec", ".spec", ".status", ".metadata", ".spec.containers", ".spec.ephemeralContainers"})
		child, how := b.breed(parent, below)
		sub := pick(b.random, []pod.Subresource{pod.SubresourceNone, pod.SubresourceStatus, pod.SubresourceEphemeralContainers, pod.SubresourceResize})
		old, _ := json.Marshal(parent)
		sent, _ := json.Marshal(child)
		if difference := updateDiffers(old, sent, sub); difference != "" {
			t.Errorf("%q %s: %s\n%s\n%s", sub, how, difference, old, sent)
			if wrong++; wrong == 40 {
				t.FailNow()
			}
		}
	}
}

// eachRow reads a file of recorded rows, numbers as they are written.
func eachRow(t *testing.T, file string, do func(row map[string]any)) {
	eachLine(t, file, func(line []byte) {
		row := map[string]any{}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		do(row)
	})
}

// eachLine reads a compressed file line by line.
func eachLine(t *testing.T, file string, do func(line []byte)) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		do(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// peerPod decodes a pod as the API server does, and sets its defaults.
func peerPod(text []byte) (*core.Pod, error) {
	p := new(v1.Pod)
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(text, p); err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(p)
	out := new(core.Pod)
	return out, legacyscheme.Scheme.Convert(p, out, nil)
}

// peerContext is that of a request for a pod.
func peerContext(namespace string, sub pod.Subresource) context.Context {
	ctx := genericapirequest.WithNamespace(context.Background(), namespace)
	return genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{
		APIVersion: "v1", Resource: "pods", Subresource: string(sub), Namespace: namespace, IsResourceRequest: true,
	})
}

// createDiffers says how the two differ.
func createDiffers(text []byte) string {
	theirs, theirErr := peerPod(text)
	ours, ourErr := pod.Parse(text)
	if theirErr != nil || ours == nil {
		if (theirErr != nil) != (ours == nil) {
			return fmt.Sprintf("decoding: peer %v, podlife %v", theirErr, ourErr)
		}
		return ""
	}
	if theirs.Namespace == "" {
		theirs.Namespace = "default"
	}
	if theirs.Name == "" && theirs.GenerateName != "" {
		theirs.Name = theirs.GenerateName[:min(58, len(theirs.GenerateName))] + "abcde"
	}
	rest.WipeObjectMetaSystemFields(&theirs.ObjectMeta)
	ctx := peerContext(theirs.Namespace, "")
	registry.Strategy.PrepareForCreate(ctx, theirs)
	theirErrs := rest.ValidateCreate(ctx, theirs, registry.Strategy)

	pod.SetDefaults(ours)
	pod.PrepareCreate(ours, pod.Creation{NameSuffix: "abcde"})
	ourErrs := pod.Validate(ours)
	if a, b := theirFaults(theirErrs), ourFaults(ourErrs); !slices.Equal(a, b) {
		return fmt.Sprintf("peer %q, podlife %q", a, b)
	}
	if len(theirErrs) > 0 {
		return ""
	}
	return storedDiffers(theirs, ours)
}

// updateDiffers says how the two differ.
func updateDiffers(oldText, sentText []byte, sub pod.Subresource) string {
	theirOld, err := peerPod(oldText)
	if err != nil {
		return err.Error()
	}
	theirs, theirErr := peerPod(sentText)
	ourOld, _ := pod.Parse(oldText)
	ours, ourErr := pod.Parse(sentText)
	if theirErr != nil || ours == nil {
		if (theirErr != nil) != (ours == nil) {
			return fmt.Sprintf("decoding: peer %v, podlife %v", theirErr, ourErr)
		}
		return ""
	}
	if theirs.Namespace != theirOld.Namespace || theirs.Name != theirOld.Name || theirs.UID != theirOld.UID ||
		theirs.ResourceVersion != theirOld.ResourceVersion {
		return "" // for the storage and the router to judge, which are not here
	}
	strategy := map[pod.Subresource]rest.RESTUpdateStrategy{
		pod.SubresourceNone: registry.Strategy, pod.SubresourceStatus: registry.StatusStrategy,
		pod.SubresourceEphemeralContainers: registry.EphemeralContainersStrategy, pod.SubresourceResize: registry.ResizeStrategy,
	}[sub]
	theirErr = rest.BeforeUpdate(strategy, peerContext(theirOld.Namespace, sub), theirs, theirOld.DeepCopy())
	pod.SetDefaults(ourOld)
	pod.SetDefaults(ours)
	stored, ourErr := pod.Update(ourOld, ours, sub)
	var refused *pod.StatusError
	errors.As(ourErr, &refused)
	if a, b := theirCauses(theirErr), causes(refused); !slices.Equal(a, b) {
		return fmt.Sprintf("peer %q, podlife %q", a, b)
	}
	if theirErr != nil {
		return ""
	}
	return storedDiffers(theirs, stored)
}

// storedDiffers compares two pods as they would be stored.
func storedDiffers(theirs *core.Pod, ours *pod.Pod) string {
	out := new(v1.Pod)
	if err := legacyscheme.Scheme.Convert(theirs, out, nil); err != nil {
		return err.Error()
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err.Error()
	}
	want := new(pod.Pod)
	if err := json.Unmarshal(text, want); err != nil {
		return err.Error()
	}
	got := ours.Clone()
	for _, p := range []*pod.Pod{want, got} {
		p.TypeMeta, p.CreationTimestamp, p.ManagedFields = pod.TypeMeta{}, pod.Time{}, nil
		for i := range p.Status.Conditions {
			p.Status.Conditions[i].LastTransitionTime = pod.Time{}
		}
	}
	if a, b := want.AppendJSON(nil), got.AppendJSON(nil); !bytes.Equal(a, b) {
		return fmt.Sprintf("stored: peer\n%s\npodlife\n%s", a, b)
	}
	return ""
}

func theirFaults(errs field.ErrorList) (all []string) {
	for _, e := range errs {
		all = append(all, string(e.Type)+" "+e.Field)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ourFaults(errs pod.Errors) (all []string) {
	for _, e := range errs {
		all = append(all, string(e.Type)+" "+e.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// theirCauses are the reason of a refusal and its faults.
func theirCauses(err error) (all []string) {
	status, ok := err.(apierrors.APIStatus)
	if !ok {
		if err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	if details := status.Status().Details; details != nil {
		for _, c := range details.Causes {
			if c.Type != metav1.CauseTypeFieldManagerConflict {
				all = append(all, string(c.Type)+" "+strings.TrimSpace(c.Field))
			}
		}
	}
	slices.Sort(all)
	return append(slices.Compact(all), string(status.Status().Reason))
}

func causes(refused *pod.StatusError) []string {
	if refused == nil {
		return nil
	}
	return append(ourFaults(refused.Errors), string(refused.Reason))
}
