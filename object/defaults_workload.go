package object

import (
	"math"

	"github.com/podlife/podlife/pod"
)

func (d *Deployment) setDefaults() {
	s := &d.Spec
	setPointer(&s.Replicas, 1)
	setPointer(&s.RevisionHistoryLimit, 10)
	setPointer(&s.ProgressDeadlineSeconds, 600)
	setDefault(&s.Strategy.Type, RollingUpdateDeploymentStrategyType)
	if s.Strategy.Type == RollingUpdateDeploymentStrategyType {
		setPointer(&s.Strategy.RollingUpdate, RollingUpdateDeployment{})
		setPointer(&s.Strategy.RollingUpdate.MaxUnavailable, pod.FromString("25%"))
		setPointer(&s.Strategy.RollingUpdate.MaxSurge, pod.FromString("25%"))
	}
	pod.SetTemplateDefaults(&s.Template)
}

func (s *StatefulSet) setDefaults() {
	setPointer(&s.Spec.Replicas, 1)
	setPointer(&s.Spec.RevisionHistoryLimit, 10)
	setDefault(&s.Spec.PodManagementPolicy, OrderedReadyPodManagement)
	setDefault(&s.Spec.UpdateStrategy.Type, RollingUpdateStatefulSetStrategyType)
	if s.Spec.UpdateStrategy.Type == RollingUpdateStatefulSetStrategyType {
		setPointer(&s.Spec.UpdateStrategy.RollingUpdate, RollingUpdateStatefulSetStrategy{})
		setPointer(&s.Spec.UpdateStrategy.RollingUpdate.Partition, 0)
		setPointer(&s.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable, pod.FromInt(1))
	}
	setPointer(&s.Spec.PersistentVolumeClaimRetentionPolicy, StatefulSetPersistentVolumeClaimRetentionPolicy{})
	setDefault(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, RetainPersistentVolumeClaimRetentionPolicyType)
	setDefault(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, RetainPersistentVolumeClaimRetentionPolicyType)
	for i := range s.Spec.VolumeClaimTemplates {
		claim := &s.Spec.VolumeClaimTemplates[i]
		claim.SetKind(PersistentVolumeClaimKind.APIVersion, PersistentVolumeClaimKind.Name)
		setPlainDefaults(claim)
	}
	pod.SetTemplateDefaults(&s.Spec.Template)
}

func (d *DaemonSet) setDefaults() {
	s := &d.Spec
	setPointer(&s.RevisionHistoryLimit, 10)
	setDefault(&s.UpdateStrategy.Type, RollingUpdateDaemonSetStrategyType)
	if s.UpdateStrategy.Type == RollingUpdateDaemonSetStrategyType {
		setPointer(&s.UpdateStrategy.RollingUpdate, RollingUpdateDaemonSet{})
		setPointer(&s.UpdateStrategy.RollingUpdate.MaxUnavailable, pod.FromInt(1))
		setPointer(&s.UpdateStrategy.RollingUpdate.MaxSurge, pod.FromInt(0))
	}
	pod.SetTemplateDefaults(&s.Template)
}

func (s *JobSpec) setDefaults() {
	if s.Completions == nil && s.Parallelism == nil {
		setPointer(&s.Completions, 1)
	}
	setPointer(&s.Parallelism, 1)
	limit := int32(6)
	if s.BackoffLimitPerIndex != nil {
		limit = math.MaxInt32
	}
	setPointer(&s.BackoffLimit, limit)
	setPointer(&s.CompletionMode, NonIndexedCompletion)
	setPointer(&s.Suspend, false)
	replacement := TerminatingOrFailed
	if s.PodFailurePolicy != nil {
		replacement = Failed
		s.PodFailurePolicy.setDefaults()
	}
	setPointer(&s.PodReplacementPolicy, replacement)
	setPointer(&s.ManualSelector, false)
	pod.SetTemplateDefaults(&s.Template)
}

func (p *PodFailurePolicy) setDefaults() {
	for i := range p.Rules {
		for j := range p.Rules[i].OnPodConditions {
			setDefault(&p.Rules[i].OnPodConditions[j].Status, pod.ConditionTrue)
		}
	}
}

func (c *CronJob) setDefaults() {
	s := &c.Spec
	setDefault(&s.ConcurrencyPolicy, AllowConcurrent)
	setPointer(&s.Suspend, false)
	setPointer(&s.SuccessfulJobsHistoryLimit, 3)
	setPointer(&s.FailedJobsHistoryLimit, 1)
	s.JobTemplate.Spec.setTemplateDefaults()
}

// setTemplateDefaults are those of a Job inside a CronJob, which the Jobs made of it complete.
func (s *JobSpec) setTemplateDefaults() { pod.SetTemplateDefaults(&s.Template) }

func (n *Namespace) setDefaults() {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	if n.Name != "" {
		n.Labels["kubernetes.io/metadata.name"] = n.Name
	}
	setDefault(&n.Status.Phase, NamespaceActive)
}

func (s *Service) setDefaults() {
	setDefault(&s.Spec.SessionAffinity, ServiceAffinityNone)
	setDefault(&s.Spec.Type, ServiceTypeClusterIP)
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		setDefault(&p.Protocol, pod.ProtocolTCP)
		if p.TargetPort == (pod.IntOrString{}) {
			p.TargetPort = pod.FromInt(p.Port)
		}
	}
}
