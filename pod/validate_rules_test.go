package pod_test

import (
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// podOf reads the spec of a pod called web from YAML. A spec without containers gets one.
func podOf(t testing.TB, spec string) *pod.Pod {
	t.Helper()
	spec = strings.TrimSpace(spec)
	if !strings.Contains("\n"+spec, "\ncontainers:") {
		spec += "\ncontainers: [{name: a, image: b}]"
	}
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ")
	p, err := pod.Parse([]byte(text))
	require.NoError(t, err, text)
	return p
}

// created returns p as it would be stored, and its faults, each as its type without FieldValue, and its path.
func created(p *pod.Pod) (errs pod.Errors, short []string) {
	pod.SetDefaults(p)
	pod.PrepareCreate(p, pod.Creation{NameSuffix: "abcde"})
	errs = pod.Validate(p)
	for _, e := range errs {
		short = append(short, strings.TrimPrefix(string(e.Type), "FieldValue")+" "+e.Path)
	}
	return errs, short
}

// rule is a spec and the faults it has.
type rule struct {
	name  string
	spec  string
	wants []string
}

func (r rule) test(t *testing.T) {
	t.Helper()
	t.Run(r.name, func(t *testing.T) {
		errs, got := created(podOf(t, r.spec))
		require.Equal(t, r.wants, got, "%v", errs)
	})
}

func faults(all ...string) []string { return all }

func TestContainerRules(t *testing.T) {
	for _, r := range []rule{
		{"one container", `containers: [{name: a, image: b}]`, nil},
		{"no container", `containers: []`, faults("Required spec.containers")},
		{"no name, no image", `containers: [{}]`,
			faults("Required spec.containers[0].name", "Required spec.containers[0].image")},
		{"a name is a label", `containers: [{name: A.b, image: c}]`, faults("Invalid spec.containers[0].name")},
		{"names are unique among init containers too", `
initContainers: [{name: a, image: b}]
containers: [{name: a, image: b}, {name: a, image: b}]`,
			faults("Duplicate spec.initContainers[0].name", "Duplicate spec.containers[1].name")},
		{"spaces around an image", `containers: [{name: a, image: " b"}]`, faults("Invalid spec.containers[0].image")},
		{"a probe of an init container", `initContainers: [{name: i, image: b, livenessProbe: {exec: {command: [x]}}}]`,
			faults("Forbidden spec.initContainers[0].livenessProbe")},
		{"a probe of a sidecar", `initContainers: [{name: i, image: b, restartPolicy: Always, livenessProbe: {exec: {command: [x]}}}]`, nil},
		{"rules need a policy", `containers: [{name: a, image: b, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]}]`,
			faults("Required spec.containers[0].restartPolicy")},
		{"a rule needs exit codes", `containers: [{name: a, image: b, restartPolicy: Never, restartPolicyRules: [{action: Stop}]}]`,
			faults("NotSupported spec.containers[0].restartPolicyRules[0].action", "Required spec.containers[0].restartPolicyRules[0].exitCodes")},
		{"resize policy twice", `containers: [{name: a, image: b, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: cpu, restartPolicy: NotRequired}]}]`,
			faults("Duplicate spec.containers[0].resizePolicy[1]")},
		{"ephemeral containers come later", `ephemeralContainers: [{name: e, image: b, ports: [{containerPort: 1}]}]`,
			faults("Forbidden spec.ephemeralContainers[0].ports", "Forbidden spec.ephemeralContainers")},
	} {
		r.test(t)
	}
}

func TestPortRules(t *testing.T) {
	for _, r := range []rule{
		{"a port", `containers: [{name: a, image: b, ports: [{name: http, containerPort: 80}]}]`, nil},
		{"no number", `containers: [{name: a, image: b, ports: [{}]}]`, faults("Required spec.containers[0].ports[0].containerPort")},
		{"out of range", `containers: [{name: a, image: b, ports: [{containerPort: 65536, hostPort: -1}]}]`,
			faults("Invalid spec.containers[0].ports[0].containerPort", "Invalid spec.containers[0].ports[0].hostPort")},
		{"names are unique, numbers are not", `containers: [{name: a, image: b, ports: [{name: x, containerPort: 80}, {name: x, containerPort: 80}]}]`,
			faults("Duplicate spec.containers[0].ports[1].name")},
		{"a name has at most 15 characters", `containers: [{name: a, image: b, ports: [{name: sixteen-letters-, containerPort: 80}]}]`,
			faults("Invalid spec.containers[0].ports[0].name")},
		{"a protocol", `containers: [{name: a, image: b, ports: [{containerPort: 80, protocol: tcp}]}]`,
			faults("NotSupported spec.containers[0].ports[0].protocol")},
		{"a port of the node only once", `
containers:
- {name: a, image: b, ports: [{containerPort: 80, hostPort: 8080}]}
- {name: c, image: b, ports: [{containerPort: 81, hostPort: 8080}]}`,
			faults("Duplicate spec.containers[1].ports[0].hostPort")},
		{"init containers one after the other", `
initContainers:
- {name: i, image: b, ports: [{containerPort: 80, hostPort: 8080}]}
- {name: j, image: b, ports: [{containerPort: 80, hostPort: 8080}]}`, nil},
		{"the node's network", `
hostNetwork: true
containers: [{name: a, image: b, ports: [{containerPort: 80, hostPort: 8080}]}]`,
			faults("Invalid spec.containers[0].ports[0].hostPort")},
	} {
		r.test(t)
	}
}

func TestEnvRules(t *testing.T) {
	for _, r := range []rule{
		{"a name may have almost any character", `containers: [{name: a, image: b, env: [{name: "x y.z", value: v}]}]`, nil},
		{"but no equals sign", `containers: [{name: a, image: b, env: [{name: "x=y"}]}]`, faults("Invalid spec.containers[0].env[0].name")},
		{"no source", `containers: [{name: a, image: b, env: [{name: x, valueFrom: {}}]}]`, faults("Invalid spec.containers[0].env[0].valueFrom")},
		{"two sources", `containers: [{name: a, image: b, env: [{name: x, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}}]}]`,
			faults("Invalid spec.containers[0].env[0].valueFrom")},
		{"a label", `containers: [{name: a, image: b, env: [{name: x, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}]}]`, nil},
		{"all labels only in files", `containers: [{name: a, image: b, env: [{name: x, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]}]`,
			faults("NotSupported spec.containers[0].env[0].valueFrom.fieldRef.fieldPath")},
		{"an unknown field", `containers: [{name: a, image: b, env: [{name: x, valueFrom: {fieldRef: {fieldPath: spec.x}}}]}]`,
			faults("Invalid spec.containers[0].env[0].valueFrom.fieldRef.fieldPath")},
		{"a divisor is a unit", `containers: [{name: a, image: b, env: [{name: x, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 2m}}}]}]`,
			faults("Invalid spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor")},
		{"a file in an emptyDir", `
volumes: [{name: v, emptyDir: {}}, {name: w, hostPath: {path: /}}]
containers: [{name: a, image: b, env: [{name: x, valueFrom: {fileKeyRef: {volumeName: w, path: f, key: k}}}]}]`,
			faults("Invalid spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName")},
		{"envFrom names one", `containers: [{name: a, image: b, envFrom: [{}]}]`, faults("Invalid spec.containers[0].envFrom")},
	} {
		r.test(t)
	}
}

func TestProbeRules(t *testing.T) {
	for _, r := range []rule{
		{"nothing to do", `containers: [{name: a, image: b, livenessProbe: {}}]`, faults("Required spec.containers[0].livenessProbe")},
		{"two things to do", `containers: [{name: a, image: b, livenessProbe: {exec: {command: [x]}, tcpSocket: {port: 1}}}]`,
			faults("Forbidden spec.containers[0].livenessProbe.tcpSocket")},
		{"success once", `containers: [{name: a, image: b, livenessProbe: {exec: {command: [x]}, successThreshold: 2}}]`,
			faults("Invalid spec.containers[0].livenessProbe.successThreshold")},
		{"a readiness probe stops nothing", `containers: [{name: a, image: b, readinessProbe: {exec: {command: [x]}, successThreshold: 2, terminationGracePeriodSeconds: 3}}]`,
			faults("Invalid spec.containers[0].readinessProbe.terminationGracePeriodSeconds")},
		{"a port by name", `containers: [{name: a, image: b, startupProbe: {httpGet: {port: http}}}]`, nil},
		{"a header", `containers: [{name: a, image: b, startupProbe: {httpGet: {port: 1, httpHeaders: [{name: "a b", value: c}]}}}]`,
			faults("Invalid spec.containers[0].startupProbe.httpGet.httpHeaders")},
		{"a sleep within the grace period", `
terminationGracePeriodSeconds: 5
containers: [{name: a, image: b, lifecycle: {preStop: {sleep: {seconds: 6}}}}]`,
			faults("Invalid spec.containers[0].lifecycle.preStop.sleep")},
	} {
		r.test(t)
	}
}

func TestVolumeRules(t *testing.T) {
	for _, r := range []rule{
		{"no source is an emptyDir", `volumes: [{name: v}]`, nil},
		{"two sources", `volumes: [{name: v, emptyDir: {}, hostPath: {path: /}}]`, faults("Forbidden spec.volumes[0].hostPath")},
		{"unique names", `volumes: [{name: v}, {name: v}]`, faults("Duplicate spec.volumes[1].name")},
		{"a path in a volume", `volumes: [{name: v, configMap: {name: c, items: [{key: k, path: ../x}, {key: k, path: ..x}, {key: k, path: /x}]}}]`,
			faults("Invalid spec.volumes[0].configMap.items[0].path", "Invalid spec.volumes[0].configMap.items[1].path", "Invalid spec.volumes[0].configMap.items[2].path")},
		{"two files of one path", `volumes: [{name: v, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}]}}, {configMap: {name: c, items: [{key: k, path: p}]}}]}}]`,
			faults("Invalid spec.volumes[0].projected")},
		{"a token needs an account", `volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 599}}]}}]`,
			faults("Invalid spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds", "Forbidden spec.volumes[0].projected.sources[0].serviceAccountToken")},
		{"a claim asks for storage", `volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce, ReadWriteOncePod]}}}}]`,
			faults("Forbidden spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes", "Required spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]")},
		{"an iSCSI name", `volumes: [{name: v, iscsi: {targetPortal: p, iqn: "iqn.2001-4.x:y", lun: 256}}]`,
			faults("Invalid spec.volumes[0].iscsi.iqn", "Invalid spec.volumes[0].iscsi.lun")},
		{"a signer", `volumes: [{name: v, projected: {sources: [{podCertificate: {signerName: x, keyType: RSA, keyPath: k}}]}}]`,
			faults("Invalid spec.volumes[0].projected.sources[0].podCertificate.signerName", "NotSupported spec.volumes[0].projected.sources[0].podCertificate.keyType")},
	} {
		r.test(t)
	}
}

func TestMountRules(t *testing.T) {
	for _, r := range []rule{
		{"a volume that is not there", `containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]`,
			faults("NotFound spec.containers[0].volumeMounts[0].name")},
		{"a volume with a fault is not there", `
volumes: [{name: v, secret: {}}]
containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]`,
			faults("Required spec.volumes[0].secret.secretName", "NotFound spec.containers[0].volumeMounts[0].name")},
		{"two mounts in one place", `
volumes: [{name: v}]
containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /v, subPath: x}]}]`,
			faults("Invalid spec.containers[0].volumeMounts[1].mountPath")},
		{"Bidirectional needs privilege", `
volumes: [{name: v}]
containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]}]`,
			faults("Forbidden spec.containers[0].volumeMounts.mountPropagation")},
		{"a directory is no device", `
volumes: [{name: v}]
containers: [{name: a, image: b, volumeDevices: [{name: v, devicePath: /dev/v}]}]`,
			faults("Invalid spec.containers[0].volumeDevices[0].name")},
		{"mounted and a device", `
volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]
containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}], volumeDevices: [{name: v, devicePath: /dev/v}]}]`,
			faults("Invalid spec.containers[0].volumeMounts[0].name", "Invalid spec.containers[0].volumeDevices[0].name")},
	} {
		r.test(t)
	}
}

func TestResourceRules(t *testing.T) {
	for _, r := range []rule{
		{"a request above its limit", `containers: [{name: a, image: b, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]`,
			faults("Invalid spec.containers[0].resources.requests")},
		{"negative", `containers: [{name: a, image: b, resources: {requests: {cpu: -1}}}]`, faults("Invalid spec.containers[0].resources.requests[cpu]")},
		{"half a device", `containers: [{name: a, image: b, resources: {limits: {example.com/gpu: 500m}}}]`,
			faults("Invalid spec.containers[0].resources.limits[example.com/gpu]", "Invalid spec.containers[0].resources.requests[example.com/gpu]")},
		{"a device needs a limit", `containers: [{name: a, image: b, resources: {requests: {example.com/gpu: 1}}}]`,
			faults("Required spec.containers[0].resources.limits")},
		{"huge pages alone", `containers: [{name: a, image: b, resources: {limits: {hugepages-2Mi: 3Mi}}}]`,
			faults("Invalid spec.containers[0].resources.limits[hugepages-2Mi]", "Invalid spec.containers[0].resources.requests[hugepages-2Mi]", "Forbidden spec.containers[0].resources")},
		{"a resource of no kind", `containers: [{name: a, image: b, resources: {limits: {gpu: 1}}}]`,
			faults("Invalid spec.containers[0].resources.limits[gpu]", "Invalid spec.containers[0].resources.requests[gpu]")},
		{"the pod covers its containers", `
resources: {requests: {cpu: 1}, limits: {cpu: 2}}
containers: [{name: a, image: b, resources: {requests: {cpu: 2}, limits: {cpu: 3}}}]`,
			faults("Invalid spec.resources.requests[cpu]", "Invalid spec.resources.containers[0][cpu].limits")},
		{"a pod has no devices", `resources: {limits: {example.com/gpu: 1}}`,
			faults("NotSupported spec.resources.limits[example.com/gpu]")},
		{"a claim of the pod", `
resourceClaims: [{name: c, resourceClaimName: x}]
containers: [{name: a, image: b, resources: {claims: [{name: c, request: r}, {name: c}, {name: d}]}}]`,
			faults("Duplicate spec.containers[0].resources.claims[1]", "NotFound spec.containers[0].resources.claims[2]")},
	} {
		r.test(t)
	}
}

func TestSecurityRules(t *testing.T) {
	for _, r := range []rule{
		{"privileged without escalation", `containers: [{name: a, image: b, securityContext: {privileged: true, allowPrivilegeEscalation: false}}]`,
			faults("Invalid spec.containers[0].securityContext")},
		{"all of /proc needs a user namespace", `containers: [{name: a, image: b, securityContext: {procMount: Unmasked}}]`,
			faults("Invalid spec.containers[0].securityContext.procMount")},
		{"a profile of the node has a name", `securityContext: {seccompProfile: {type: Localhost}, appArmorProfile: {type: Localhost}}`,
			faults("Required spec.securityContext.seccompProfile.localhostProfile", "Required spec.securityContext.appArmorProfile.localhostProfile")},
		{"a kernel parameter of the node's network", `
hostNetwork: true
securityContext: {sysctls: [{name: net.ipv4.x, value: "1"}, {name: kernel.sem, value: "1"}]}`,
			faults("Invalid spec.securityContext.sysctls[0].name")},
		{"a user namespace excludes the node's", "hostUsers: false\nhostNetwork: true\nhostPID: true",
			faults("Forbidden spec.hostNetwork", "Forbidden spec.HostPID")},
		{"user and group IDs", `securityContext: {runAsUser: -1, fsGroup: 2147483648}`,
			faults("Invalid spec.securityContext.runAsUser", "Invalid spec.securityContext.fsGroup")},
	} {
		r.test(t)
	}
}

func TestOperatingSystemRules(t *testing.T) {
	for _, r := range []rule{
		{"Linux", "os: {name: linux}\nsecurityContext: {windowsOptions: {}}", faults("Forbidden spec.securityContext.windowsOptions")},
		{"Windows", "os: {name: windows}\nhostPID: true\ncontainers: [{name: a, image: b, securityContext: {runAsUser: 1}}]",
			faults("Forbidden spec.containers[0].securityContext.runAsUser", "Forbidden spec.hostPID")},
		{"another", "os: {name: plan9}", faults("NotSupported spec.os")},
		{"host processes need the node's network", "securityContext: {windowsOptions: {hostProcess: true}}", faults("Invalid spec.hostNetwork")},
		{"a user of Windows", `securityContext: {windowsOptions: {runAsUserName: 'a\b\c'}}`, faults("Invalid spec.securityContext.windowsOptions.runAsUserName")},
	} {
		r.test(t)
	}
}

func TestSchedulingRules(t *testing.T) {
	for _, r := range []rule{
		{"tolerations", `tolerations: [{operator: Equal, value: v}, {key: k, operator: Exists, value: v}, {key: k, operator: Gt, value: "1"}, {key: k, tolerationSeconds: 1}]`,
			faults("Invalid spec.tolerations[0].operator", "Invalid spec.tolerations[1].operator", "NotSupported spec.tolerations[2].operator", "Invalid spec.tolerations[3].effect")},
		{"node affinity", `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}`,
			faults("Required spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms")},
		{"pod affinity", `affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {topologyKey: ""}}]}}`,
			faults("Invalid spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight",
				"Required spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey",
				"Invalid spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey")},
		{"spreading", `topologySpreadConstraints: [{maxSkew: 0, topologyKey: "", whenUnsatisfiable: Never, minDomains: 1}]`,
			faults("Invalid spec.topologySpreadConstraints[0].maxSkew", "Required spec.topologySpreadConstraints[0].topologyKey",
				"NotSupported spec.topologySpreadConstraints[0].whenUnsatisfiable", "Invalid spec.topologySpreadConstraints[0].minDomains")},
		{"gates and a node", "schedulingGates: [{name: x}, {name: x}]\nnodeName: n1",
			faults("Duplicate spec.schedulingGates[1]", "Forbidden spec.nodeName")},
	} {
		r.test(t)
	}
}

func TestNetworkRules(t *testing.T) {
	for _, r := range []rule{
		{"DNS by hand needs a server", `dnsPolicy: None`, faults("Required spec.dnsConfig")},
		{"addresses", `dnsConfig: {nameservers: [10.0.0.01, "fe80::1%eth0", "::ffff:1.2.3.4", "2001:db8::1"]}`,
			faults("Invalid spec.dnsConfig.nameservers", "Invalid spec.dnsConfig.nameservers[0]", "Invalid spec.dnsConfig.nameservers[1]", "Invalid spec.dnsConfig.nameservers[2]")},
		{"search domains", `dnsConfig: {searches: [".", "a_b.c.", "-a"]}`, faults("Invalid spec.dnsConfig.searches[2]")},
		{"a host name", "hostname: a.b\nhostnameOverride: a.b\nsetHostnameAsFQDN: true",
			faults("Invalid spec.hostname", "Forbidden spec.hostnameOverride")},
	} {
		r.test(t)
	}
}

func TestMetadataRules(t *testing.T) {
	for _, c := range []struct {
		name string
		meta pod.ObjectMeta
		want []string
	}{
		{"a generated name", pod.ObjectMeta{GenerateName: "web-"}, nil},
		{"no name", pod.ObjectMeta{}, faults("Required metadata.name")},
		{"labels", pod.ObjectMeta{Name: "a", Labels: map[string]string{"a b": "-"}}, faults("Invalid metadata.labels", "Invalid metadata.labels")},
		{"annotations in any case", pod.ObjectMeta{Name: "a", Annotations: map[string]string{"Example.COM/x": "anything"}}, nil},
		{"too many annotations", pod.ObjectMeta{Name: "a", Annotations: map[string]string{"x": strings.Repeat("x", 256<<10)}}, faults("TooLong metadata.annotations")},
		{"two controllers", pod.ObjectMeta{Name: "a", OwnerReferences: []pod.OwnerReference{
			{APIVersion: "v1", Kind: "A", Name: "a", UID: "1", Controller: new(true)}, {APIVersion: "a/b/c", Kind: "A", Name: "a", UID: "1", Controller: new(true)}}},
			faults("Invalid metadata.ownerReferences[1].apiVersion", "Invalid metadata.ownerReferences")},
		{"finalizers", pod.ObjectMeta{Name: "a", Finalizers: []string{"orphan", "foregroundDeletion", "mine"}},
			faults("Invalid metadata.finalizers[2]", "Invalid metadata.finalizers")},
		{"a mirror pod has a node", pod.ObjectMeta{Name: "a", Annotations: map[string]string{"kubernetes.io/config.mirror": "x"}},
			faults("Invalid metadata.annotations[kubernetes.io/config.mirror]")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := podOf(t, "")
			p.ObjectMeta = c.meta
			errs, got := created(p)
			require.Equal(t, c.want, got, "%v", errs)
		})
	}
}

func TestTemplateRules(t *testing.T) {
	p := podOf(t, `
hostNetwork: true
volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]
containers: [{name: a, image: " b", ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}}]`)
	tpl := &pod.Template{Spec: p.Spec}
	pod.SetTemplateDefaults(tpl)
	tpl.Spec.SchedulingGroup = new(pod.PodSchedulingGroup)
	pod.PrepareTemplate(tpl)
	require.Nil(t, tpl.Spec.SchedulingGroup)
	require.Nil(t, pod.ValidateTemplate(tpl), "what only a pod must have may come later")
	require.Nil(t, tpl.Spec.EnableServiceLinks)
	require.Zero(t, tpl.Spec.Containers[0].Ports[0].HostPort)
	require.Nil(t, tpl.Spec.Containers[0].Resources.Requests)

	tpl.Labels = map[string]string{"x": "-"}
	tpl.Spec.EphemeralContainers = []pod.EphemeralContainer{{}}
	tpl.Spec.Containers[0].Ports[0].HostPort = 81
	var got []string
	for _, e := range pod.ValidateTemplate(tpl) {
		got = append(got, e.Path)
	}
	require.Subset(t, got, []string{"labels", "spec.containers[0].ports[0].hostPort", "spec.ephemeralContainers"})
	require.NotEmpty(t, pod.ValidateTemplate(nil))
}

// Fields of feature gates that are off do not survive PrepareCreate, but a stored pod may have them.
func TestRulesOfDisabledGates(t *testing.T) {
	for _, r := range []rule{
		{"a mode of a directory may be sticky", `volumes: [{name: v, emptyDir: {mode: 1023}}, {name: w, emptyDir: {mode: 1024}}, {name: x, emptyDir: {mode: -1}}]`,
			faults("Invalid spec.volumes[1].emptyDir.mode", "Invalid spec.volumes[2].emptyDir.mode")},
		{"mount options", `
volumes: [{name: v, image: {reference: r}}]
containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v, bindMountOptions: [noexec, noexec, ro]}]}]`,
			faults("Duplicate spec.containers[0].volumeMounts[0].bindMountOptions[1]", "NotSupported spec.containers[0].volumeMounts[0].bindMountOptions[2]",
				"Invalid spec.containers[0].volumeMounts[0].bindMountOptions")},
		{"a stop signal needs an operating system", `containers: [{name: a, image: b, lifecycle: {stopSignal: SIGTERM}}]`,
			faults("Forbidden spec.containers[0].lifecycle.stopSignal")},
		{"a stop signal of Linux", "os: {name: linux}\ncontainers: [{name: a, image: b, lifecycle: {stopSignal: SIGRTMIN+15}}, {name: c, image: b, lifecycle: {stopSignal: SIGRTMIN+16}}]",
			faults("NotSupported spec.containers[1].lifecycle.stopSignal")},
		{"a stop signal of Windows", "os: {name: windows}\ncontainers: [{name: a, image: b, lifecycle: {stopSignal: SIGTERM}}, {name: c, image: b, lifecycle: {stopSignal: SIGINT}}]",
			faults("NotSupported spec.containers[1].lifecycle.stopSignal")},
		{"HTTP/2 without TLS, of the pod itself", `
containers:
- {name: a, image: b, livenessProbe: {httpGet: {port: 1, protocol: HTTP2}}}
- {name: c, image: b, livenessProbe: {httpGet: {port: 1, protocol: HTTP2, scheme: HTTPS}}}
- {name: d, image: b, livenessProbe: {httpGet: {port: 1, protocol: HTTP2, host: h}}}
- {name: e, image: b, livenessProbe: {httpGet: {port: 1, protocol: HTTP3}}}
- {name: f, image: b, livenessProbe: {httpGet: {port: 1, protocol: HTTP1, scheme: HTTPS, host: h}}}`,
			faults("Invalid spec.containers[1].livenessProbe.httpGet.protocol", "Invalid spec.containers[2].livenessProbe.httpGet.host",
				"NotSupported spec.containers[3].livenessProbe.httpGet.protocol")},
		{"gRPC with TLS", `containers: [{name: a, image: b, livenessProbe: {grpc: {port: 1, mode: TLS}}}, {name: c, image: b, livenessProbe: {grpc: {port: 1, mode: tls}}}]`,
			faults("NotSupported spec.containers[1].livenessProbe.grpc.mode")},
		{"a group to schedule with", "schedulingGroup: {}\nevictionResponders: [{name: example.com/x, priority: 1000}]",
			faults("Invalid spec.schedulingGroup.podGroupName", "Forbidden spec.schedulingGroup")},
		{"who is asked before an eviction", `
evictionResponders:
- {name: example.com/x, priority: 999}
- {name: example.com/x, priority: 100001}
- {name: a.k8s.io/x, priority: 100000}
- {name: x}
- {}`,
			faults("Invalid spec.evictionResponders[0].priority", "Duplicate spec.evictionResponders[1]", "Invalid spec.evictionResponders[1].priority",
				"Invalid spec.evictionResponders[2].name", "Invalid spec.evictionResponders[3].name", "Required spec.evictionResponders[3].priority",
				"Required spec.evictionResponders[4].name", "Required spec.evictionResponders[4].priority")},
		{"not more than ten of them", "evictionResponders: [" + strings.Repeat("{}, ", 11) + "]",
			faults("TooMany spec.evictionResponders")},
		{"owners of files", `volumes: [{name: v, secret: {secretName: s, defaultUser: -1, items: [{key: k, path: p, user: 2147483648}]}}]`,
			faults("Invalid spec.volumes[0].secret.defaultUser", "Invalid spec.volumes[0].secret.items[0].user")},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := podOf(t, r.spec)
			pod.SetDefaults(p)
			p.Namespace = pod.NamespaceDefault
			var got []string
			for _, e := range pod.Validate(p) {
				got = append(got, strings.TrimPrefix(string(e.Type), "FieldValue")+" "+e.Path)
			}
			require.Equal(t, r.wants, got)
		})
	}
}
