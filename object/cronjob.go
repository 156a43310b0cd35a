package object

import "github.com/podlife/podlife/pod"

// CronJob makes a Job at the times of a schedule. See https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/.
type CronJob struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           CronJobSpec   `json:"spec,omitempty"`
	Status         CronJobStatus `json:"status,omitempty"`
}

// CronJobSpec is the schedule, the template, and what to do about overlaps and the past.
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

// CronJobStatus is which Jobs run, and when it last made one.
type CronJobStatus struct {
	Active             []pod.ObjectReference `json:"active,omitempty"`
	LastScheduleTime   *pod.Time             `json:"lastScheduleTime,omitempty"`
	LastSuccessfulTime *pod.Time             `json:"lastSuccessfulTime,omitempty"`
}

// JobTemplateSpec is a Job to stamp out.
type JobTemplateSpec struct {
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           JobSpec `json:"spec,omitempty"`
}

// ConcurrencyPolicy says what happens when a Job is due and the one before still runs; empty becomes Allow.
type ConcurrencyPolicy string

// The values of ConcurrencyPolicy.
const (
	AllowConcurrent   ConcurrencyPolicy = "Allow"
	ForbidConcurrent  ConcurrencyPolicy = "Forbid"
	ReplaceConcurrent ConcurrencyPolicy = "Replace"
)
