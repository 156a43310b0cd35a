package pod_test

import (
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestRestartAgreesWithKubernetes(t *testing.T) {
	eachNodeRow(t, "restart", func(row corpusRow) {
		in := unmarshal[struct {
			Container        pod.Container
			PodRestartPolicy pod.RestartPolicy
			ExitCode         int32
		}](t, row.In)
		type answer struct {
			Restart                   bool
			MatchedAction             pod.ContainerRestartRuleAction
			ContainerIsRestartable    bool
			AllContainersCouldRestart bool
		}
		c := &in.Container
		spec := &pod.Spec{RestartPolicy: in.PodRestartPolicy, Containers: []pod.Container{in.Container}}
		got := answer{
			Restart:                   pod.ContainerShouldRestart(c, in.PodRestartPolicy, in.ExitCode),
			MatchedAction:             c.MatchedRestartAction(in.ExitCode),
			ContainerIsRestartable:    pod.ContainerIsRestartable(c, in.PodRestartPolicy),
			AllContainersCouldRestart: pod.AllContainersCouldRestart(spec),
		}
		require.Equal(t, unmarshal[answer](t, row.Out), got, "%s %s", row.ID, row.In)
	})
}

// own is a container with a restart policy and rules, each for the exit codes given.
func own(policy pod.RestartPolicy, rules ...pod.ContainerRestartRule) *pod.Container {
	c := &pod.Container{Name: "c", RestartPolicyRules: rules}
	if policy != "" {
		c.RestartPolicy = &policy
	}
	return c
}

func on(action pod.ContainerRestartRuleAction, op pod.ContainerRestartRuleOnExitCodesOperator, codes ...int32) pod.ContainerRestartRule {
	return pod.ContainerRestartRule{Action: action, ExitCodes: &pod.ContainerRestartRuleOnExitCodes{Operator: op, Values: codes}}
}

func TestContainerShouldRestart(t *testing.T) {
	restart42 := on("Restart", "In", 42)
	tests := []struct {
		name      string
		container *pod.Container
		policy    pod.RestartPolicy
		exitCode  int32
		want      bool
	}{
		{"always, success", own(""), "Always", 0, true},
		{"on failure, success", own(""), "OnFailure", 0, false},
		{"on failure, failure", own(""), "OnFailure", 1, true},
		{"never, failure", own(""), "Never", 1, false},
		{"no policy at all", own(""), "", 0, true},
		{"own policy wins", own("Never"), "Always", 1, false},
		{"sidecar under Never", own("Always"), "Never", 0, true},
		{"unknown own policy falls back", own("Sometimes"), "Never", 1, false},
		{"rule beats own Never", own("Never", restart42), "Never", 42, true},
		{"rule does not match", own("Never", restart42), "Always", 41, false},
		{"rule without own policy is without effect", own("", restart42), "Never", 42, false},
		{"first rule wins", own("Never", on("Other", "NotIn", 0), restart42), "Always", 42, false},
		{"all containers", own("Never", on("RestartAllContainers", "NotIn", 0)), "Never", 3, true},
		{"rule without exit codes", own("Never", pod.ContainerRestartRule{Action: "Restart"}), "Never", 1, false},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, pod.ContainerShouldRestart(tt.container, tt.policy, tt.exitCode), tt.name)
	}
}

func TestContainerIsRestartable(t *testing.T) {
	tests := []struct {
		name      string
		container *pod.Container
		policy    pod.RestartPolicy
		want      bool
	}{
		{"pod always", own(""), "Always", true},
		{"pod never", own(""), "Never", false},
		{"own never", own("Never"), "Always", false},
		{"own never, restart rule", own("Never", on("Restart", "In", 1)), "Never", true},
		{"own never, all containers", own("Never", on("RestartAllContainers", "In", 1)), "Never", false},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, pod.ContainerIsRestartable(tt.container, tt.policy), tt.name)
	}
}

func TestAllContainersCouldRestart(t *testing.T) {
	all := *own("Never", on("RestartAllContainers", "In", 1))
	plain := *own("Never", on("Restart", "In", 1))
	require.False(t, pod.AllContainersCouldRestart(nil))
	require.False(t, pod.AllContainersCouldRestart(&pod.Spec{Containers: []pod.Container{plain}}))
	require.True(t, pod.AllContainersCouldRestart(&pod.Spec{Containers: []pod.Container{plain, all}}))
	require.True(t, pod.AllContainersCouldRestart(&pod.Spec{InitContainers: []pod.Container{all}}))
}
