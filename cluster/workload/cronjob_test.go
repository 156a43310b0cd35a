package workload_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func clock(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// cronPlan is one look at a CronJob that last started a Job at last, as reasons of events, names of Jobs and the next look.
func cronPlan(t *testing.T, last, now string, edit func(c *object.CronJob)) (events, jobs []string, wake string) {
	w := newJobWorld(t, clock(now))
	c := &object.CronJob{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "tick"}}
	c.Spec.Schedule = "* * * * *"
	if edit != nil {
		edit(c)
	}
	_, err := w.create(c)
	require.NoError(t, err)
	c.CreationTimestamp = pod.NewTime(clock("2026-01-01 00:00:00"))
	if last != "" {
		c.Status.LastScheduleTime = new(pod.NewTime(clock(last)))
	}
	plan := workload.CronJob{}.Reconcile(controller.Request{Now: clock(now), Key: c.Key(), View: w})
	for _, change := range plan.Changes {
		if change.Event.Reason != "" {
			events = append(events, change.Event.Reason)
		}
		if change.Kind == controller.Create {
			jobs = append(jobs, change.Object.Meta().Name+" "+change.Object.Meta().Annotations[workload.CronJobScheduledTimestamp])
		}
	}
	if !plan.Wake.IsZero() {
		wake = plan.Wake.Format("2006-01-02 15:04:05.0")
	}
	return events, jobs, wake
}

// The controller was away from 08:29 to 10:21, for 112 minutes. Both with and without a starting deadline the latest minute
// alone is made up for; without one it is told that there were too many.
func TestCronJobOutage(t *testing.T) {
	latest := []string{"tick-29533581 2026-02-25T10:21:00Z"}
	events, jobs, wake := cronPlan(t, "2026-02-25 08:29:00", "2026-02-25 10:21:00", nil)
	require.Equal(t, []string{"TooManyMissedTimes", "SuccessfulCreate"}, events)
	require.Equal(t, latest, jobs)
	require.Equal(t, "2026-02-25 10:21:00.0", wake, "it notes at once what it has started")

	events, jobs, _ = cronPlan(t, "2026-02-25 08:29:00", "2026-02-25 10:21:00", func(c *object.CronJob) {
		c.Spec.StartingDeadlineSeconds = new(int64(200))
	})
	require.Equal(t, []string{"SuccessfulCreate"}, events)
	require.Equal(t, latest, jobs)
}

func TestCronJobTimes(t *testing.T) {
	berlin, nowhere := "Europe/Berlin", "Europe/Atlantis"
	for _, c := range []struct {
		name, last, now string
		edit            func(c *object.CronJob)
		events, jobs    []string
		wake            string
	}{
		{name: "a hundred missed are not too many", last: "2026-02-25 08:29:00", now: "2026-02-25 10:09:30",
			events: []string{"SuccessfulCreate"}, jobs: []string{"tick-29533569 2026-02-25T10:09:00Z"}, wake: "2026-02-25 10:09:30.0"},
		{name: "a hundred and one are", last: "2026-02-25 08:29:00", now: "2026-02-25 10:10:00",
			events: []string{"TooManyMissedTimes", "SuccessfulCreate"}, jobs: []string{"tick-29533570 2026-02-25T10:10:00Z"}, wake: "2026-02-25 10:10:00.0"},
		{name: "nothing is due", last: "2026-02-25 10:09:00", now: "2026-02-25 10:09:30", wake: "2026-02-25 10:10:00.1"},
		{name: "suspended", last: "2026-02-25 08:29:00", now: "2026-02-25 10:09:30", edit: func(c *object.CronJob) { c.Spec.Suspend = new(true) }},
		{name: "not too late", last: "2026-02-24 04:00:00", now: "2026-02-25 04:00:09",
			edit:   func(c *object.CronJob) { c.Spec.Schedule, c.Spec.StartingDeadlineSeconds = "0 4 * * *", new(int64(10)) },
			events: []string{"SuccessfulCreate"}, jobs: []string{"tick-29533200 2026-02-25T04:00:00Z"}, wake: "2026-02-25 04:00:09.0"},
		{name: "too late", last: "2026-02-24 04:00:00", now: "2026-02-25 04:00:11",
			edit: func(c *object.CronJob) { c.Spec.Schedule, c.Spec.StartingDeadlineSeconds = "0 4 * * *", new(int64(10)) },
			wake: "2026-02-26 04:00:00.1"},
		{name: "a schedule with gaps", last: "2026-02-20 16:30:00", now: "2026-02-23 05:00:00",
			edit: func(c *object.CronJob) { c.Spec.Schedule = "30 6-16/4 * * 1-5" }, wake: "2026-02-23 06:30:00.1"},
		{name: "a time zone in winter", last: "2026-02-24 03:00:00", now: "2026-02-25 03:00:00",
			edit:   func(c *object.CronJob) { c.Spec.Schedule, c.Spec.TimeZone = "0 4 * * *", &berlin },
			events: []string{"SuccessfulCreate"}, jobs: []string{"tick-29533140 2026-02-25T04:00:00+01:00"}, wake: "2026-02-25 03:00:00.0"},
		{name: "the hour that spring leaves out", last: "2026-03-28 01:30:00", now: "2026-03-29 12:00:00",
			edit: func(c *object.CronJob) { c.Spec.Schedule, c.Spec.TimeZone = "30 2 * * *", &berlin }, wake: "2026-03-30 00:30:00.1"},
		{name: "no such time zone", last: "2026-02-25 08:29:00", now: "2026-02-25 10:09:30",
			edit: func(c *object.CronJob) { c.Spec.TimeZone = &nowhere }, events: []string{"UnknownTimeZone"}},
		{name: "no schedule", now: "2026-02-25 10:09:30", edit: func(c *object.CronJob) { c.Spec.Schedule = "never" }, events: []string{"UnparseableSchedule"}},
		{name: "a schedule that panics in the parser", now: "2026-02-25 10:09:30", edit: func(c *object.CronJob) { c.Spec.Schedule = "TZ=0" },
			events: []string{"UnsupportedSchedule", "UnparseableSchedule"}},
		{name: "a day that never comes", now: "2026-02-25 10:09:30", edit: func(c *object.CronJob) { c.Spec.Schedule = "59 23 31 2 *" },
			events: []string{"InvalidSchedule"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, jobs, wake := cronPlan(t, c.last, c.now, c.edit)
			require.Equal(t, c.events, events)
			require.Equal(t, c.jobs, jobs)
			require.Equal(t, c.wake, wake)
		})
	}
}
