package workload

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/podlife/podlife/object"
)

// missedMany is how many missed times are told of as too many.
const missedMany = 100

// schedule is when a CronJob is due. It is made of pure functions of robfig/cron alone.
type schedule struct{ times cron.Schedule }

// parseSchedule reads a CronJob's schedule, in its time zone, or UTC where it names none.
func parseSchedule(spec *object.CronJobSpec) (s schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("invalid schedule format: %v", r)
		}
	}()
	text := spec.Schedule
	if spec.TimeZone != nil && !strings.Contains(text, "TZ") {
		text = "TZ=" + *spec.TimeZone + " " + text
	}
	s.times, err = cron.ParseStandard(text)
	return s, err
}

// next is the first time after t.
func (s schedule) next(t time.Time) time.Time { return s.times.Next(t.UTC()) }

// missed is what of a schedule lies between two times.
type missed struct {
	// last is the latest time, or the zero time if there is none.
	last time.Time
	// count is about how many there are.
	count int64
}

// between finds the latest time after from and not after to. It does not walk through all: it leaps by the distance of the
// first two, as far as that is known to be safe.
func (s schedule) between(from, to time.Time) (missed, error) {
	first := s.next(from)
	if to.Before(first) {
		return missed{}, nil
	}
	second := s.next(first)
	if to.Before(second) {
		return missed{last: first, count: 1}, nil
	}
	step := int64(second.Sub(first).Round(time.Second) / time.Second)
	if step < 1 {
		return missed{}, fmt.Errorf("time difference between two schedules is less than 1 second")
	}
	m := missed{count: int64(to.Sub(first)/time.Second)/step + 1}
	leap := first.Add(time.Duration((m.count-2)*step) * time.Second)
	for t := s.next(leap); !t.After(to); t = s.next(t) {
		m.last = t
	}
	return m, nil
}
