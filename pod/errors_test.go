package pod_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestFaultsAreSentences(t *testing.T) {
	errs, _ := created(podOf(t, `
restartPolicy: Sometimes
terminationGracePeriodSeconds: 5
volumes: [{name: v, emptyDir: {}, hostPath: {path: /}}]
containers:
- {name: Web, image: b, ports: [{name: http, containerPort: 80}, {name: http, containerPort: 70000}]}
- {name: c, volumeMounts: [{name: w, mountPath: /w}], resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}`))
	require.Equal(t, strings.TrimSpace(`
spec.volumes[0].hostPath: not allowed: want only one of its kind
spec.containers[0].name: invalid value "Web": not a valid RFC 1123 label: must start with a lower-case letter or digit (byte 0)
spec.containers[0].ports[1].name: duplicate value "http": must be unique
spec.containers[0].ports[1].containerPort: invalid value "70000": want 1 to 65535
spec.containers[1].image: required, but missing
spec.containers[1].resources.requests: invalid value "2Gi": want at most the memory limit of 1Gi
spec.containers[1].volumeMounts[0].name: not found: "w": want the name of a valid volume of the pod
spec.restartPolicy: unsupported value "Sometimes": want "Always", "OnFailure" or "Never"`), errs.Error())
}

func TestFaultsSayWhereTheyAre(t *testing.T) {
	e := &pod.FieldError{Type: pod.FieldValueRequired, Path: "spec.containers"}
	require.Equal(t, "spec.containers: required, but missing", e.Error())
	e.Line, e.Column = 3, 7
	require.Equal(t, "3:7: spec.containers: required, but missing", e.Error())
	e.File = "web.yaml"
	require.Equal(t, "web.yaml:3:7: spec.containers: required, but missing", e.Error())
	e.Line = 0
	require.Equal(t, "web.yaml: spec.containers: required, but missing", e.Error())
	require.Equal(t, "not allowed: why", (&pod.FieldError{Type: pod.FieldValueForbidden, Path: "[]", Detail: "why"}).Error())
}

func TestLongValuesAreCut(t *testing.T) {
	e := &pod.FieldError{Type: pod.FieldValueInvalid, Path: "x", Value: strings.Repeat("\u00e9", 1000)}
	require.Less(t, len(e.Error()), 200)
	require.Contains(t, e.Error(), "...")
}

func TestErrorsAreErrors(t *testing.T) {
	require.NoError(t, pod.Errors(nil).Err())
	require.Empty(t, pod.Errors(nil).Unwrap())
	errs, _ := created(podOf(t, "containers: []"))
	var fault *pod.FieldError
	require.True(t, errors.As(errs.Err(), &fault))
	require.Equal(t, "spec.containers", fault.Path)
	require.Len(t, errs.Unwrap(), len(errs))
}

// Kubernetes' paths are kept, odd as some are; Location is where the value really stands.
func TestOddPathsHaveALocation(t *testing.T) {
	errs, _ := created(podOf(t, `
hostUsers: false
hostIPC: true
volumes:
- {name: v, downwardAPI: {items: [{path: ok, fieldRef: {fieldPath: metadata.name}}, {path: ../x, fieldRef: {fieldPath: metadata.name}}]}}
- {name: w, gcePersistentDisk: {}}
initContainers: [{name: j, image: b}, {name: i, image: b, ports: [{containerPort: 1, hostPort: 1}, {containerPort: 2, hostPort: 1}]}]
containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v, subPath: /x}]}]
tolerations: [{key: k, value: "-"}]`))
	got := map[string]string{}
	for _, e := range errs {
		got[e.Path] = e.Location()
	}
	require.Equal(t, map[string]string{
		"spec.volumes[0].downwardAPI.path":         "spec.volumes[0].downwardAPI.items[1].path",
		"spec.volumes[1].persistentDisk.pdName":    "spec.volumes[1].gcePersistentDisk.pdName",
		"spec.initContainers[0].ports[1].hostPort": "spec.initContainers[1].ports[1].hostPort",
		"spec.containers[0].volumeMounts[0].name":  "spec.containers[0].volumeMounts[0].name",
		"spec.containers[0].volumeMounts.subPath":  "spec.containers[0].volumeMounts[0].subPath",
		"spec.HostIPC":                 "spec.hostIPC",
		"spec.tolerations[0].operator": "spec.tolerations[0].value",
	}, got)
}

func TestStatusErrorsAlwaysSaySomething(t *testing.T) {
	fault := &pod.FieldError{Path: "spec", Detail: "x"}
	for _, row := range []struct {
		err  pod.StatusError
		want string
	}{
		{pod.StatusError{Reason: pod.StatusReasonNotFound, Message: `pods "x" not found`}, `pods "x" not found`},
		{pod.StatusError{Reason: pod.StatusReasonInvalid, Errors: pod.Errors{fault}}, fault.Error()},
		{pod.StatusError{Reason: pod.StatusReasonNotFound}, "NotFound"},
	} {
		require.Equal(t, row.want, row.err.Error())
	}
}
