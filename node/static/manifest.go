package static

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"strings"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// parse makes the pod of a manifest as the node runs it, with defaults and validated.
func (s *Pods) parse(m Manifest) (*pod.Pod, error) {
	if m.Err != nil {
		return nil, m.Err
	}
	p, err := pod.Parse(m.Text)
	if err != nil {
		return nil, err
	}
	if p.Name == "" {
		return nil, errors.New("the pod has no name, which a static pod must have")
	}
	if err := s.prepare(p, m.Place); err != nil {
		return nil, err
	}
	if what := reference(p); what != "" && !s.cfg.AllowReferences {
		return nil, fmt.Errorf("static pods may not reference %s", what)
	}
	checked := p.Clone()
	pod.SetDefaults(checked)
	return p, pod.Validate(checked).Err()
}

// prepare gives a pod the identity, the annotations and the toleration of a static one.
func (s *Pods) prepare(p *pod.Pod, place string) error {
	if p.UID == "" {
		text, err := json.Marshal(p)
		if err != nil {
			return err
		}
		sum := fnv.New128a()
		sum.Write(text)
		if s.cfg.Source.Kind() == "file" {
			fmt.Fprintf(sum, "host:%sfile:%s", s.cfg.NodeName, place)
		} else {
			fmt.Fprintf(sum, "url:%s", place)
		}
		p.UID = pod.UID(hex.EncodeToString(sum.Sum(nil)))
	}
	p.Name += "-" + strings.ToLower(s.cfg.NodeName)
	if p.Namespace == "" {
		p.Namespace = pod.NamespaceDefault
	}
	p.Spec.NodeName = s.cfg.NodeName
	p.Annotations = maps.Clone(p.Annotations)
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.Annotations[node.ConfigHashAnnotation] = string(p.UID)
	p.Annotations[node.ConfigSourceAnnotation] = s.cfg.Source.Kind()
	if s.cfg.Source.Kind() == "file" {
		tolerateEviction(p)
	}
	return nil
}

// tolerateEviction lets a pod stay on a node that has problems.
func tolerateEviction(p *pod.Pod) {
	for _, t := range p.Spec.Tolerations {
		if t.Key == "" && t.Operator == pod.TolerationOpExists && t.Effect == pod.TaintEffectNoExecute && t.TolerationSeconds == nil {
			return
		}
	}
	p.Spec.Tolerations = append(p.Spec.Tolerations, pod.Toleration{Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute})
}

// reference is what kind of other object the pod refers to, empty where it stands alone.
func reference(p *pod.Pod) string {
	switch {
	case p.Spec.ServiceAccountName != "":
		return "serviceaccounts"
	case len(p.Spec.ImagePullSecrets) > 0:
		return "secrets"
	case len(p.Spec.ResourceClaims) > 0:
		return "resourceclaims"
	}
	for _, list := range [][]pod.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			if what := containerReference(&list[i]); what != "" {
				return what
			}
		}
	}
	for i := range p.Spec.Volumes {
		if what := volumeReference(&p.Spec.Volumes[i]); what != "" {
			return what
		}
	}
	return ""
}

func containerReference(c *pod.Container) string {
	for i := range c.EnvFrom {
		switch e := &c.EnvFrom[i]; {
		case e.SecretRef != nil:
			return "secrets"
		case e.ConfigMapRef != nil:
			return "configmaps"
		}
	}
	for i := range c.Env {
		switch from := c.Env[i].ValueFrom; {
		case from == nil:
		case from.SecretKeyRef != nil:
			return "secrets"
		case from.ConfigMapKeyRef != nil:
			return "configmaps"
		}
	}
	return ""
}

func volumeReference(v *pod.Volume) string {
	switch {
	case v.ConfigMap != nil:
		return "configmaps (via configmap volumes)"
	case v.Secret != nil:
		return "secrets (via secret volumes)"
	case v.CSI != nil:
		return "csidrivers (via CSI volumes)"
	case v.Glusterfs != nil:
		return "endpoints (via glusterFS volumes)"
	case v.PersistentVolumeClaim != nil:
		return "persistentvolumeclaims"
	case v.Ephemeral != nil:
		return "persistentvolumeclaims (via ephemeral volumes)"
	case v.AzureFile != nil:
		return "secrets (via azureFile volumes)"
	case v.Projected != nil:
		for i := range v.Projected.Sources {
			if what := projectedReference(&v.Projected.Sources[i]); what != "" {
				return what
			}
		}
	}
	return ""
}

func projectedReference(s *pod.VolumeProjection) string {
	switch {
	case s.ConfigMap != nil:
		return "configmaps (via projected volumes)"
	case s.Secret != nil:
		return "secrets (via projected volumes)"
	case s.ServiceAccountToken != nil:
		return "serviceaccounts (via projected volumes)"
	case s.ClusterTrustBundle != nil:
		return "clustertrustbundles"
	case s.PodCertificate != nil:
		return "podcertificates"
	}
	return ""
}
