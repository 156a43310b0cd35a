package pod

// The specs of the workload kinds, with no more types than it takes to know
// their fields: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/.

type rollout struct {
	Type          string        `json:"type"`
	RollingUpdate *rolloutLimit `json:"rollingUpdate"`
}

type rolloutLimit struct {
	MaxUnavailable *IntOrString `json:"maxUnavailable"`
	MaxSurge       *IntOrString `json:"maxSurge"`
}

type deploymentSpec struct {
	Replicas                *int32         `json:"replicas"`
	Selector                *LabelSelector `json:"selector"`
	Template                Template       `json:"template"`
	Strategy                rollout        `json:"strategy"`
	MinReadySeconds         int32          `json:"minReadySeconds"`
	RevisionHistoryLimit    *int32         `json:"revisionHistoryLimit"`
	Paused                  bool           `json:"paused"`
	ProgressDeadlineSeconds *int32         `json:"progressDeadlineSeconds"`
}

func (s *deploymentSpec) template() *Template { return &s.Template }

type replicaSetSpec struct {
	Replicas        *int32         `json:"replicas"`
	MinReadySeconds int32          `json:"minReadySeconds"`
	Selector        *LabelSelector `json:"selector"`
	Template        Template       `json:"template"`
}

func (s *replicaSetSpec) template() *Template { return &s.Template }

type statefulSetSpec struct {
	Replicas                             *int32              `json:"replicas"`
	Selector                             *LabelSelector      `json:"selector"`
	Template                             Template            `json:"template"`
	VolumeClaimTemplates                 []volumeClaim       `json:"volumeClaimTemplates"`
	ServiceName                          string              `json:"serviceName"`
	PodManagementPolicy                  string              `json:"podManagementPolicy"`
	UpdateStrategy                       statefulRollout     `json:"updateStrategy"`
	RevisionHistoryLimit                 *int32              `json:"revisionHistoryLimit"`
	MinReadySeconds                      int32               `json:"minReadySeconds"`
	PersistentVolumeClaimRetentionPolicy *claimRetention     `json:"persistentVolumeClaimRetentionPolicy"`
	Ordinals                             *statefulSetOrdinal `json:"ordinals"`
}

func (s *statefulSetSpec) template() *Template { return &s.Template }

type volumeClaim struct {
	TypeMeta   `json:",inline"`
	ObjectMeta `json:"metadata"`
	Spec       PersistentVolumeClaimSpec `json:"spec"`
	Status     skipped                   `json:"status"`
}

type statefulRollout struct {
	Type          string           `json:"type"`
	RollingUpdate *statefulRolling `json:"rollingUpdate"`
}

type statefulRolling struct {
	Partition      *int32       `json:"partition"`
	MaxUnavailable *IntOrString `json:"maxUnavailable"`
}

type claimRetention struct {
	WhenDeleted string `json:"whenDeleted"`
	WhenScaled  string `json:"whenScaled"`
}

type statefulSetOrdinal struct {
	Start int32 `json:"start"`
}

type daemonSetSpec struct {
	Selector             *LabelSelector `json:"selector"`
	Template             Template       `json:"template"`
	UpdateStrategy       rollout        `json:"updateStrategy"`
	MinReadySeconds      int32          `json:"minReadySeconds"`
	RevisionHistoryLimit *int32         `json:"revisionHistoryLimit"`
}

func (s *daemonSetSpec) template() *Template { return &s.Template }

type jobSpec struct {
	Parallelism             *int32            `json:"parallelism"`
	Completions             *int32            `json:"completions"`
	ActiveDeadlineSeconds   *int64            `json:"activeDeadlineSeconds"`
	PodFailurePolicy        *podFailurePolicy `json:"podFailurePolicy"`
	SuccessPolicy           *successPolicy    `json:"successPolicy"`
	BackoffLimit            *int32            `json:"backoffLimit"`
	BackoffLimitPerIndex    *int32            `json:"backoffLimitPerIndex"`
	MaxFailedIndexes        *int32            `json:"maxFailedIndexes"`
	Selector                *LabelSelector    `json:"selector"`
	ManualSelector          *bool             `json:"manualSelector"`
	Template                Template          `json:"template"`
	TTLSecondsAfterFinished *int32            `json:"ttlSecondsAfterFinished"`
	CompletionMode          *string           `json:"completionMode"`
	Suspend                 *bool             `json:"suspend"`
	PodReplacementPolicy    *string           `json:"podReplacementPolicy"`
	ManagedBy               *string           `json:"managedBy"`
	Scheduling              skipped           `json:"scheduling"`
}

func (s *jobSpec) template() *Template { return &s.Template }

type podFailurePolicy struct {
	Rules []podFailureRule `json:"rules"`
}

type podFailureRule struct {
	Action          string            `json:"action"`
	OnExitCodes     *podFailureCodes  `json:"onExitCodes"`
	OnPodConditions []podFailureState `json:"onPodConditions"`
}

type podFailureCodes struct {
	ContainerName *string `json:"containerName"`
	Operator      string  `json:"operator"`
	Values        []int32 `json:"values"`
}

type podFailureState struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

type successPolicy struct {
	Rules []successRule `json:"rules"`
}

type successRule struct {
	SucceededIndexes *string `json:"succeededIndexes"`
	SucceededCount   *int32  `json:"succeededCount"`
}

type cronJobSpec struct {
	Schedule                   string      `json:"schedule"`
	TimeZone                   *string     `json:"timeZone"`
	StartingDeadlineSeconds    *int64      `json:"startingDeadlineSeconds"`
	ConcurrencyPolicy          string      `json:"concurrencyPolicy"`
	Suspend                    *bool       `json:"suspend"`
	JobTemplate                jobTemplate `json:"jobTemplate"`
	SuccessfulJobsHistoryLimit *int32      `json:"successfulJobsHistoryLimit"`
	FailedJobsHistoryLimit     *int32      `json:"failedJobsHistoryLimit"`
}

func (s *cronJobSpec) template() *Template { return &s.JobTemplate.Spec.Template }

type jobTemplate struct {
	ObjectMeta `json:"metadata"`
	Spec       jobSpec `json:"spec"`
}

type replicationControllerSpec struct {
	Replicas        *int32            `json:"replicas"`
	MinReadySeconds int32             `json:"minReadySeconds"`
	Selector        map[string]string `json:"selector"`
	Template        Template          `json:"template"`
}

func (s *replicationControllerSpec) template() *Template { return &s.Template }
