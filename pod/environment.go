package pod

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Sources answers what variables and volumes take from outside the pod. Answers belong to the source and are only read.
// For one pod they should agree with each other, as no answer is asked for twice.
type Sources interface {
	// ConfigMap is the config map of this name in the pod's namespace; false if there is none.
	ConfigMap(name string) (ConfigMap, bool)
	// Secret is the secret of this name in the pod's namespace; false if there is none.
	Secret(name string) (Secret, bool)
	// Services are those of all namespaces, in any order.
	Services() []Service
	// Surroundings are the pod's addresses and what it may know of its node.
	Surroundings() Surroundings
	// File is the content of a file in a volume of the pod. The error is ErrVolumeNotFound, perhaps wrapped, if there
	// is no such volume, and any other if there is no such file in it.
	File(volume, path string) ([]byte, error)
}

// ErrVolumeNotFound is what Sources.File answers for a volume that the pod does not have.
var ErrVolumeNotFound = errors.New("volume not found")

// ConfigMap is what a config map holds. The zero value is an empty one.
// See https://kubernetes.io/docs/concepts/configuration/configmap/.
type ConfigMap struct {
	Data       map[string]string `json:"data,omitempty"`
	BinaryData map[string][]byte `json:"binaryData,omitempty"`
}

// Secret is what a secret holds. The zero value is an empty one.
// See https://kubernetes.io/docs/concepts/configuration/secret/.
type Secret struct {
	Data map[string][]byte `json:"data,omitempty"`
}

// Surroundings are what a pod may learn about itself on a node. The zero value knows nothing.
type Surroundings struct {
	// PodIPs are the addresses of the pod, as OrderPodIPs orders them. Empty as long as it has none.
	PodIPs []string
	// HostIPs are the addresses of its node, as HostIPs picks them.
	HostIPs []string
	// Allocatable is what the node has for pods; it stands in for limits that a container does not state.
	Allocatable ResourceList
}

// Environment is the environment of one container of p, which may be an ephemeral one: variables of envFrom in their
// order, those of one source by name; then those of env in their order; then those that tell of services, by name. A
// later variable of env or envFrom replaces an earlier one of the same name in its place, and any of them one that
// tells of a service. The values have their $(NAME) replaced, from variables before them and those of services;
// values from envFrom and valueFrom are taken as they are.
//
// The pod is one with defaults set. The error has the words of Kubernetes, which appear as the message of
// CreateContainerConfigError.
// See https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/.
func Environment(p *Pod, c *Container, src Sources) ([]EnvVar, error) {
	if p.Spec.EnableServiceLinks == nil {
		return nil, errors.New("nil pod.spec.enableServiceLinks encountered, cannot construct envvars")
	}
	e := environment{pod: p, container: c, src: src, place: map[string]int{}}
	e.services = serviceVariables(src.Services(), p.Namespace, *p.Spec.EnableServiceLinks)
	for i := range c.EnvFrom {
		if err := e.addFrom(&c.EnvFrom[i]); err != nil {
			return nil, err
		}
	}
	for i := range c.Env {
		if err := e.add(&c.Env[i]); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.services)) {
		if _, own := e.place[name]; !own {
			e.vars = append(e.vars, EnvVar{Name: name, Value: e.services[name]})
		}
	}
	return e.vars, nil
}

// environment is one being made.
type environment struct {
	pod       *Pod
	container *Container
	src       Sources
	services  map[string]string
	vars      []EnvVar
	place     map[string]int
}

func (e *environment) set(name, value string) {
	at, ok := e.place[name]
	if !ok {
		at = len(e.vars)
		e.place[name] = at
		e.vars = append(e.vars, EnvVar{Name: name})
	}
	e.vars[at].Value = value
}

func (e *environment) lookup(name string) (string, bool) {
	if at, ok := e.place[name]; ok {
		return e.vars[at].Value, true
	}
	value, ok := e.services[name]
	return value, ok
}

// addFrom sets the variables of a whole config map or secret.
func (e *environment) addFrom(from *EnvFromSource) error {
	switch {
	case from.ConfigMapRef != nil:
		cm, ok := e.src.ConfigMap(from.ConfigMapRef.Name)
		if !ok {
			return unless(from.ConfigMapRef.Optional, "configmap %q not found", from.ConfigMapRef.Name)
		}
		for _, key := range slices.Sorted(maps.Keys(cm.Data)) {
			e.set(from.Prefix+key, cm.Data[key])
		}
	case from.SecretRef != nil:
		secret, ok := e.src.Secret(from.SecretRef.Name)
		if !ok {
			return unless(from.SecretRef.Optional, "secret %q not found", from.SecretRef.Name)
		}
		for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
			e.set(from.Prefix+key, string(secret.Data[key]))
		}
	}
	return nil
}

// unless is the error that something is missing, nil if it is optional.
func unless(optional *bool, format string, args ...any) error {
	if optional != nil && *optional {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// add sets one variable of env; a missing optional one is left out.
func (e *environment) add(v *EnvVar) error {
	if v.Value != "" || v.ValueFrom == nil {
		e.set(v.Name, Expand(v.Value, e.lookup))
		return nil
	}
	value, ok, err := e.valueFrom(v.ValueFrom)
	if err == nil && ok {
		e.set(v.Name, value)
	}
	return err
}

// valueFrom is the value that a source gives; ok is false if it is missing and optional. A source that names nothing
// gives an empty value.
func (e *environment) valueFrom(from *EnvVarSource) (value string, ok bool, err error) {
	switch {
	case from.FieldRef != nil:
		value, err = EnvironmentField(e.pod, from.FieldRef, e.src.Surroundings())
	case from.ResourceFieldRef != nil:
		value, err = e.resource(from.ResourceFieldRef)
	case from.ConfigMapKeyRef != nil:
		return e.configMapKey(from.ConfigMapKeyRef)
	case from.SecretKeyRef != nil:
		return e.secretKey(from.SecretKeyRef)
	case from.FileKeyRef != nil:
		return e.fileKey(from.FileKeyRef)
	}
	return value, err == nil, err
}

func (e *environment) configMapKey(ref *ConfigMapKeySelector) (value string, ok bool, err error) {
	cm, ok := e.src.ConfigMap(ref.Name)
	if !ok {
		return "", false, unless(ref.Optional, "configmap %q not found", ref.Name)
	}
	if value, ok = cm.Data[ref.Key]; !ok {
		err = unless(ref.Optional, "couldn't find key %s in ConfigMap %s/%s", ref.Key, e.pod.Namespace, ref.Name)
	}
	return value, ok, err
}

func (e *environment) secretKey(ref *SecretKeySelector) (value string, ok bool, err error) {
	secret, ok := e.src.Secret(ref.Name)
	if !ok {
		return "", false, unless(ref.Optional, "secret %q not found", ref.Name)
	}
	data, ok := secret.Data[ref.Key]
	if !ok {
		err = unless(ref.Optional, "couldn't find key %s in Secret %s/%s", ref.Key, e.pod.Namespace, ref.Name)
	}
	return string(data), ok, err
}

// fileKey reads a variable out of a file in a volume. Optional is only whether the file has the variable: the file
// itself must be there (KEP-3721).
func (e *environment) fileKey(ref *FileKeySelector) (value string, ok bool, err error) {
	content, err := e.src.File(ref.VolumeName, ref.Path)
	if errors.Is(err, ErrVolumeNotFound) {
		return "", false, fmt.Errorf("cannot find the volume %q referenced by FileKeyRef", ref.VolumeName)
	}
	if err == nil {
		value, err = variableInFile(content, ref.Key)
	}
	if err != nil {
		return "", false, fmt.Errorf("couldn't parse env file: %w", err)
	}
	if value == "" {
		return "", false, unless(ref.Optional, "environment variable key %q not found in file %q", ref.Key, ref.Path)
	}
	return value, true, nil
}

// resource is an amount of this container, or of another that ref names. Limits that are not stated are those of the
// pod as a whole, then what the node has; another container that is an init container gets none.
func (e *environment) resource(ref *ResourceFieldSelector) (string, error) {
	allocatable := e.allocatable()
	if ref.ContainerName == "" {
		return containerResource(ref, e.container.Resources.Requests, limitsOr(e.container.Resources.Limits, allocatable))
	}
	c, err := findContainer(&e.pod.Spec, ref.ContainerName)
	if err != nil {
		return "", err
	}
	limits := c.Resources.Limits
	if slices.ContainsFunc(e.pod.Spec.Containers, func(main Container) bool { return main.Name == ref.ContainerName }) {
		limits = limitsOr(limits, allocatable)
	}
	return containerResource(ref, c.Resources.Requests, limits)
}

// allocatable is what the node has, but no more than the limits of the pod as a whole.
func (e *environment) allocatable() ResourceList {
	allocatable := e.src.Surroundings().Allocatable
	if e.pod.Spec.Resources == nil {
		return allocatable
	}
	all := maps.Clone(allocatable)
	for _, name := range []ResourceName{ResourceCPU, ResourceMemory} {
		limit := e.pod.Spec.Resources.Limits[name]
		if _, ok := all[name]; ok && !limit.IsZero() {
			all[name] = limit
		}
	}
	return all
}

// EnvironmentField is the value of a field of a pod that a variable may take: those of MetadataField, and
// spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP and status.podIPs. Of the plural
// ones the addresses are joined by commas. An address that is not known yet is empty, but for the node's, which is an error.
// See https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields.
func EnvironmentField(p *Pod, ref *ObjectFieldSelector, known Surroundings) (string, error) {
	if ref.APIVersion != "" && ref.APIVersion != "v1" {
		return "", fmt.Errorf("unsupported pod version: %s", ref.APIVersion)
	}
	switch ref.FieldPath {
	case "spec.nodeName", "spec.host":
		return p.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return p.Spec.ServiceAccountName, nil
	case "status.podIP":
		return strings.Join(known.PodIPs[:min(1, len(known.PodIPs))], ""), nil
	case "status.podIPs":
		return strings.Join(known.PodIPs, ","), nil
	case "status.hostIP", "status.hostIPs":
		if len(known.HostIPs) == 0 {
			return "", errors.New("host IP unknown")
		}
		if ref.FieldPath == "status.hostIP" {
			return known.HostIPs[0], nil
		}
		return strings.Join(known.HostIPs, ","), nil
	}
	return MetadataField(&p.ObjectMeta, ref.FieldPath)
}

// NodeAddress is one address in a node's status.
// See https://kubernetes.io/docs/reference/node/node-status/#addresses.
type NodeAddress struct {
	Type    NodeAddressType `json:"type"`
	Address string          `json:"address"`
}

// NodeAddressType says what a node's address is for.
type NodeAddressType string

// The types of address that hold IP addresses.
const (
	NodeInternalIP NodeAddressType = "InternalIP"
	NodeExternalIP NodeAddressType = "ExternalIP"
)

// HostIPs are the addresses of a node as its pods know them: its first, internal before external, then the first of
// the other family, if any. What is no IP address is left out.
// See https://kubernetes.io/docs/concepts/services-networking/dual-stack/.
func HostIPs(addresses []NodeAddress) []string {
	var all []netip.Addr
	for _, kind := range []NodeAddressType{NodeInternalIP, NodeExternalIP} {
		for _, a := range addresses {
			if ip, err := netip.ParseAddr(a.Address); a.Type == kind && err == nil {
				all = append(all, ip.Unmap())
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return onePerFamily(all, all[0].Is4())
}

// OrderPodIPs are the addresses of a pod as it knows them: the first of its node's own family, then the first of the
// other, each where there is one. The node's family is that of nodeIP, IPv4 where that is empty.
// See https://kubernetes.io/docs/concepts/services-networking/dual-stack/.
func OrderPodIPs(ips []string, nodeIP string) []string {
	node, err := netip.ParseAddr(nodeIP)
	var all []netip.Addr
	for _, s := range ips {
		if ip, err := netip.ParseAddr(s); err == nil {
			all = append(all, ip.Unmap())
		}
	}
	return onePerFamily(all, err != nil || node.Unmap().Is4())
}

// onePerFamily is the first address of each family, IPv4 first or last.
func onePerFamily(ips []netip.Addr, first4 bool) []string {
	var chosen []string
	for _, is4 := range []bool{first4, !first4} {
		if i := slices.IndexFunc(ips, func(ip netip.Addr) bool { return ip.Is4() == is4 }); i >= 0 {
			chosen = append(chosen, ips[i].String())
		}
	}
	return chosen
}
