package pod

import (
	"slices"
	"strings"

	"github.com/podlife/podlife/naming"
)

// env judges environment variables. A name may repeat: the last wins.
// See https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/.
func (v *validator) env(p path, vars []EnvVar) {
	for i := range vars {
		at, e := p.at(i), &vars[i]
		if e.Name == "" {
			v.required(at.field("name"), "")
		} else {
			v.name(at.field("name"), e.Name, naming.RelaxedEnvVarName(e.Name))
		}
		if e.ValueFrom != nil {
			v.envValueFrom(at.field("valueFrom"), e)
		}
	}
}

// envValueFrom judges where the value of a variable comes from: one source, and no value beside it.
func (v *validator) envValueFrom(p path, e *EnvVar) {
	from, sources := e.ValueFrom, 0
	if f := from.FieldRef; f != nil {
		sources++
		v.fieldRef(p.field("fieldRef"), f, envFieldPaths[:])
	}
	if r := from.ResourceFieldRef; r != nil {
		sources++
		v.resourceFieldRef(p.field("resourceFieldRef"), r)
	}
	if r := from.ConfigMapKeyRef; r != nil {
		sources++
		v.keyRef(p.field("configMapKeyRef"), r.Name, r.Key)
	}
	if r := from.SecretKeyRef; r != nil {
		sources++
		v.keyRef(p.field("secretKeyRef"), r.Name, r.Key)
	}
	if r := from.FileKeyRef; r != nil {
		sources++
		v.fileKeyRef(p.field("fileKeyRef"), r)
	}
	switch {
	case sources == 0:
		v.invalid(p, nil, "want one of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef or fileKeyRef")
	case e.Value != "":
		v.invalid(p, nil, "not together with value")
	case sources > 1:
		v.invalid(p, nil, "want only one source")
	}
}

// keyRef judges a key of a config map or a secret.
func (v *validator) keyRef(p path, name, key string) {
	v.name(p.field("name"), name, naming.DNS1123Subdomain(name))
	if key == "" {
		v.required(p.field("key"), "")
		return
	}
	v.name(p.field("key"), key, naming.ConfigMapKey(key))
}

// fileKeyRef judges a key of a file of variables, which lies in an emptyDir volume of the pod.
// See https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-via-file/.
func (v *validator) fileKeyRef(p path, r *FileKeySelector) {
	if r.VolumeName == "" {
		v.required(p.field("volumeName"), "")
	} else {
		v.name(p.field("volumeName"), r.VolumeName, naming.DNS1123Label(r.VolumeName))
	}
	if r.Path == "" {
		v.required(p.field("path"), "")
	} else {
		v.noBacksteps(p.field("path"), r.Path)
	}
	if r.Key == "" {
		v.required(p.field("key"), "")
	} else {
		v.name(p.field("key"), r.Key, naming.RelaxedEnvVarName(r.Key))
	}
	v.fileKeyVolume(p.field("volumeName"), r.VolumeName)
}

// fileKeyVolume judges that the volume called name exists, faulty or not, and is an emptyDir. Of several the last counts.
func (v *validator) fileKeyVolume(p path, name string) {
	const want = "want an emptyDir volume of the pod"
	switch volume := v.volumes.findLast(name); {
	case volume == nil:
		v.notFound(p, name, want)
	case volume.EmptyDir == nil:
		v.invalid(p, name, want)
	}
}

// envFrom judges the config maps and secrets that become variables as a whole.
func (v *validator) envFrom(p path, list []EnvFromSource) {
	for i := range list {
		at, e := p.at(i), &list[i]
		if e.Prefix != "" {
			v.name(at.field("prefix"), e.Prefix, naming.RelaxedEnvVarName(e.Prefix))
		}
		if e.ConfigMapRef != nil {
			v.wholeRef(at.field("configMapRef"), e.ConfigMapRef.Name)
		}
		if e.SecretRef != nil {
			v.wholeRef(at.field("secretRef"), e.SecretRef.Name)
		}
		if (e.ConfigMapRef == nil) == (e.SecretRef == nil) {
			v.invalid(p.realAt(i), nil, "want either configMapRef or secretRef")
		}
	}
}

// wholeRef judges the name of a config map or secret, of which a trailing dash is not looked at.
func (v *validator) wholeRef(p path, name string) {
	if name == "" {
		v.required(p.field("name"), "")
		return
	}
	v.name(p.field("name"), name, naming.DNS1123SubdomainPrefix(name))
}

// The fields of a pod that a variable may show, and those that a file may. Single labels and annotations come on top.
// See https://kubernetes.io/docs/concepts/workloads/pods/downward-api/.
var (
	envFieldPaths = [...]string{"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
		"spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"}
	fileFieldPaths = [...]string{"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}
	// otherFieldPaths are fields that Kubernetes knows and shows in neither.
	otherFieldPaths = [...]string{"spec.restartPolicy", "spec.schedulerName", "status.phase"}
)

// formerNodeName is what spec.nodeName was called once; variables still take it.
const formerNodeName = "spec.host"

// fieldRef judges a field of the pod that is shown to a container; want are the whole fields that may be.
func (v *validator) fieldRef(p path, f *ObjectFieldSelector, want []string) {
	if f.APIVersion == "" {
		v.required(p.field("apiVersion"), "")
		return
	}
	if f.FieldPath == "" {
		v.required(p.field("fieldPath"), "")
		return
	}
	if f.APIVersion != "v1" {
		v.invalid(p.field("fieldPath"), f.FieldPath, `want the apiVersion "v1"`)
		return
	}
	if field, key, ok := splitSubscript(f.FieldPath); ok {
		v.subscript(p, f.FieldPath, field, key)
		return
	}
	field := f.FieldPath
	if field == formerNodeName {
		field = "spec.nodeName"
	}
	switch {
	case slices.Contains(want, field):
	case isFieldPath(field):
		notSupported(v, p.field("fieldPath"), f.FieldPath, want...)
	default:
		v.invalid(p.field("fieldPath"), f.FieldPath, wantOneOf(want))
	}
}

// subscript judges a single label or annotation that is shown to a container.
func (v *validator) subscript(p path, whole, field, key string) {
	at := p.real("fieldPath")
	switch field {
	case "metadata.labels":
		v.name(at, key, naming.QualifiedName(key))
	case "metadata.annotations":
		v.name(at, key, naming.AnnotationKey(key))
	default:
		v.invalid(p.field("fieldPath"), whole, "only metadata.labels and metadata.annotations take a key")
	}
}

// isFieldPath reports whether s is a field of a pod that Kubernetes knows by this name.
func isFieldPath(s string) bool {
	return slices.Contains(envFieldPaths[:], s) || slices.Contains(fileFieldPaths[:], s) || slices.Contains(otherFieldPaths[:], s)
}

// The resources of a container that it may be shown, beside those of huge pages.
var containerResourcePaths = [...]string{"limits.cpu", "limits.memory", "limits.ephemeral-storage",
	"requests.cpu", "requests.memory", "requests.ephemeral-storage"}

// fileResourceRef judges a resource of a container that is shown as a file of a volume.
func (v *validator) fileResourceRef(p path, r *ResourceFieldSelector) {
	if r.ContainerName == "" {
		v.required(p.field("containerName"), "a volume belongs to no container")
		v.divisor(p.field("divisor"), r)
		return
	}
	v.resourceFieldRef(p, r)
}

// resourceFieldRef judges a resource of a container that is shown to it.
func (v *validator) resourceFieldRef(p path, r *ResourceFieldSelector) {
	switch {
	case r.Resource == "":
		v.required(p.field("resource"), "")
	case !slices.Contains(containerResourcePaths[:], r.Resource) && !isHugePagesPath(r.Resource):
		notSupported(v, p.field("resource"), r.Resource, containerResourcePaths[:]...)
	}
	v.divisor(p.field("divisor"), r)
}

// isHugePagesPath reports whether s is the request or limit of a size of huge pages.
func isHugePagesPath(s string) bool {
	return strings.HasPrefix(s, "requests.hugepages-") || strings.HasPrefix(s, "limits.hugepages-")
}

// The units that a shown resource may be divided by.
var (
	cpuDivisors  = [...]string{"1m", "1"}
	byteDivisors = [...]string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"}
)

// divisor judges the unit of a shown resource. It is compared as it is spelled: 1m is a unit of cpu, 0.001 and 1000m
// are not. Zero stands for 1, and a resource that is not known may have any unit.
func (v *validator) divisor(p path, r *ResourceFieldSelector) {
	if r.Divisor.IsZero() {
		return
	}
	units := byteDivisors[:]
	switch r.Resource {
	case "limits.cpu", "requests.cpu":
		units = cpuDivisors[:]
	case "limits.memory", "requests.memory", "limits.ephemeral-storage", "requests.ephemeral-storage":
	default:
		if !isHugePagesPath(r.Resource) {
			return
		}
	}
	if text := r.Divisor.String(); !slices.Contains(units, text) {
		v.invalid(p, text, wantOneOf(units))
	}
}
