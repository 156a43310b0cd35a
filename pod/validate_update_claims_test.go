package pod_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// claimingPod has a claim gpu, a generated claim, and volumes v and w; the status is put on top of it.
const claimingPod = `{"spec": {"resourceClaims": [{"name": "a", "resourceClaimName": "gpu"}, {"name": "b", "resourceClaimTemplateName": "t"}],
	"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}],
	"containers": [{"name": "c", "image": "a:1", "resources": {"requests": {"example.com/x": "1"}, "limits": {"example.com/x": "1"}, "claims": [{"name": "a"}, {"name": "b", "request": "r"}]}}]}}`

func TestStatusOfClaimsAndVolumes(t *testing.T) {
	health := func(items string) string { return `{"status": {"volumeHealth": [` + items + `]}}` }
	claims := func(items string) string {
		return `{"status": {"resourceClaimStatuses": [{"name": "b", "resourceClaimName": "gen"}], "nodeAllocatableResourceClaimStatuses": [` + items + `]}}`
	}
	device := func(name string) string {
		return `{"status": {"extendedResourceClaimStatus": {"resourceClaimName": "ext", "requestMappings": [{"containerName": "c", "resourceName": "example.com/x", "requestName": "q"}]},
			"containerStatuses": [{"name": "c", "allocatedResourcesStatus": [{"name": "` + name + `", "resources": [{"resourceID": "i", "health": "Healthy"}]}]}]}}`
	}
	degraded := `{"name": "v", "healthConditions": [{"status": "Degraded", "reason": "R"}]}`
	long := `{"status": "Degraded", "reason": "R", "message": "` + strings.Repeat("m", 1025) + `"}`
	var many []string
	for i := range 17 {
		many = append(many, fmt.Sprintf(`{"status": "Degraded", "reason": "R%d"}`, i))
	}
	const at = "status.volumeHealth[0]"
	const claim = "status.nodeAllocatableResourceClaimStatuses[0]"
	tests := []struct {
		name, old, sent string
		want            []string
	}{
		{"health is dropped", "", health(`{"name": "no"}`), nil},
		{"health of no volume", health(degraded), health(`{"name": "no"}`), []string{"FieldValueNotFound " + at + ".name"}},
		{"the same", health(`{"name": "v", "healthConditions": [{"status": "X", "reason": ""}]}`), health(`{"name": "v", "healthConditions": [{"status": "X", "reason": ""}]}`), nil},
		{"no name", health(degraded), health(`{}`), []string{"FieldValueRequired " + at + ".name"}},
		{"twice", health(degraded), health(degraded + "," + degraded), []string{"FieldValueDuplicate status.volumeHealth[1]"}},
		{"no status, no reason", health(degraded), health(`{"name": "w", "healthConditions": [{}]}`), []string{"FieldValueRequired " + at + ".healthConditions[0].reason", "FieldValueRequired " + at + ".healthConditions[0].status"}},
		{"unknown status", health(degraded), health(`{"name": "w", "healthConditions": [{"status": "X", "reason": "R"}]}`), []string{"FieldValueNotSupported " + at + ".healthConditions[0].status"}},
		{"condition twice", health(degraded), health(`{"name": "w", "healthConditions": [{"status": "Degraded", "reason": "R"}, {"status": "Degraded", "reason": "R"}]}`), []string{"FieldValueDuplicate " + at + ".healthConditions[1]"}},
		{"16 conditions", health(degraded), health(`{"name": "w", "healthConditions": [` + strings.Join(many[:16], ",") + `]}`), nil},
		{"17 conditions", health(degraded), health(`{"name": "w", "healthConditions": [` + strings.Join(many, ",") + `]}`), []string{"FieldValueTooMany " + at + ".healthConditions"}},
		{"form of a reason", health(degraded), health(`{"name": "v", "healthConditions": [{"status": "Degraded", "reason": "a b"}]}`), []string{"FieldValueInvalid " + at + ".healthConditions[0].reason"}},
		{"end of a reason", health(degraded), health(`{"name": "v", "healthConditions": [{"status": "Degraded", "reason": "a,"}]}`), []string{"FieldValueInvalid " + at + ".healthConditions[0].reason"}},
		{"long reason", health(degraded), health(`{"name": "v", "healthConditions": [{"status": "Degraded", "reason": "` + strings.Repeat("r", 257) + `"}]}`), []string{"FieldValueTooLong " + at + ".healthConditions[0].reason"}},
		{"long message", health(degraded), health(`{"name": "v", "healthConditions": [{"status": "Degraded", "reason": "R", "message": "` + strings.Repeat("m", 1025) + `"}]}`), []string{"FieldValueTooLong " + at + ".healthConditions[0].message"}},
		{"long message as before", health(`{"name": "v", "healthConditions": [` + long + `]}`), health(`{"name": "v", "healthConditions": [` + long + `, {"status": "DataLoss", "reason": "S"}]}`), nil},
		{"bad status as before", health(`{"name": "v", "healthConditions": [{"status": "X", "reason": "R"}]}`), health(`{"name": "v", "healthConditions": [{"status": "X", "reason": "R"}, {"status": "DataLoss", "reason": "R"}]}`), nil},

		{"claims are dropped", "", claims(`{"resourceClaimName": "no"}`), nil},
		{"claim by name, and a generated one", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu"}, {"resourceClaimName": "gen"}`), nil},
		{"no claim", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "no"}`), []string{"FieldValueInvalid " + claim + ".resourceClaimName"}},
		{"claim without a name", claims(`{"resourceClaimName": "gpu"}`), claims(`{}`), []string{"FieldValueRequired " + claim + ".resourceClaimName"}},
		{"claim twice", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu"}, {"resourceClaimName": "gpu"}`), []string{"FieldValueDuplicate status.nodeAllocatableResourceClaimStatuses[1]"}},
		{"container twice", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "containers": ["c", "c"]}`), []string{"FieldValueDuplicate " + claim + ".containers[1]"}},
		{"mapping", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "cpu", "quantity": "1"}, {"name": "hugepages-2Mi", "quantity": "1"}]}`), nil},
		{"mapping twice", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "cpu", "quantity": "1"}, {"name": "cpu", "quantity": "1"}]}`), []string{"FieldValueDuplicate " + claim + ".mapping[1]"}},
		{"mapping of nothing", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "cpu"}]}`), []string{"FieldValueRequired " + claim + ".mapping[0].quantity"}},
		{"mapping of nothing as before", claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "cpu"}]}`), claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "cpu"}, {"name": "memory", "quantity": "1"}]}`), nil},
		{"mapping below 0", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "cpu", "quantity": "-1"}]}`), []string{"FieldValueInvalid " + claim + ".mapping[0].quantity"}},
		{"mapping of another resource", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "mapping": [{"name": "x", "quantity": "1"}]}`), []string{"FieldValueInvalid " + claim + ".mapping[0].name"}},
		{"overhead", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "overhead": [{"name": "cpu", "perPod": "1"}, {"name": "memory", "perContainer": "1"}]}`), nil},
		{"overhead twice", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "overhead": [{"name": "cpu", "perPod": "1"}, {"name": "cpu", "perPod": "1"}]}`), []string{"FieldValueDuplicate " + claim + ".overhead[1]"}},
		{"overhead of nothing", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "overhead": [{"name": "cpu"}]}`), []string{"FieldValueInvalid " + claim + ".overhead[0]"}},
		{"overhead below 0", claims(`{"resourceClaimName": "gpu"}`), claims(`{"resourceClaimName": "gpu", "overhead": [{"name": "cpu", "perPod": "-1", "perContainer": "-1"}]}`), []string{"FieldValueInvalid " + claim + ".overhead[0].perContainer", "FieldValueInvalid " + claim + ".overhead[0].perPod"}},

		{"requested resource", "", device("example.com/x"), nil},
		{"claimed resource", "", device("claim:a"), nil},
		{"one request of a claim", "", device("claim:b/r"), nil},
		{"claim of an extended resource", "", device("claim:ext/q"), nil},
		{"a claim without its request", "", device("claim:b"), []string{"FieldValueInvalid status.containerStatuses[0].allocatedResourcesStatus[0].name"}},
		{"a resource not requested", "", device("cpu"), []string{"FieldValueInvalid status.containerStatuses[0].allocatedResourcesStatus[0].name"}},
	}
	for _, tt := range tests {
		old, sent := podFrom(t, claimingPod, tt.old), podFrom(t, claimingPod, tt.sent)
		_, err := pod.Update(old, sent, pod.SubresourceStatus)
		require.ElementsMatch(t, tt.want, faultsOf(statusError(t, err)), tt.name)
	}
}
