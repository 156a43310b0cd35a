package object

import "github.com/podlife/podlife/pod"

// CronJob TODO
type CronJob struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           CronJobSpec   `json:"spec,omitempty"`
	Status         CronJobStatus `json:"status,omitempty"`
}

// CronJobSpec TODO
type CronJobSpec struct {
	Schedule                   string            `json:"schedule"`
	TimeZone                   *string           `json:"timeZone,omitempty"`
	StartingDeadlineSeconds    *int64            `json:"startingDeadlineSeconds,omitempty"`
	ConcurrencyPolicy          ConcurrencyPolicy `json:"concurrencyPolicy,omitempty"`
	Suspend                    *bool             `json:"suspend,omitempty"`
	JobTemplate                JobTemplateSpec   `json:"jobTemplate"`
	SuccessfulJobsHistoryLimit *int32            `json:"successfulJobsHistoryLimit,omitempty"`
	FailedJobsHistoryLimit     *int32            `json:"failedJobsHistoryLimit,omitempty"`
}

// CronJobStatus TODO
type CronJobStatus struct {
	Active             []pod.ObjectReference `json:"active,omitempty"`
	LastScheduleTime   *pod.Time             `json:"lastScheduleTime,omitempty"`
	LastSuccessfulTime *pod.Time             `json:"lastSuccessfulTime,omitempty"`
}

// JobTemplateSpec TODO
type JobTemplateSpec struct {
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           JobSpec `json:"spec,omitempty"`
}

// ConcurrencyPolicy TODO
type ConcurrencyPolicy string
