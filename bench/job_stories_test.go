package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// odd is a time in grains, of which there are so many that no two things happen at one instant that do not follow from each other.
func odd(r *rand.Rand, most time.Duration) time.Duration {
	return grain * time.Duration(1+r.Int64N(int64(most/grain)))
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func maybe[T any](r *rand.Rand, in int, of ...T) *T {
	if r.IntN(in) > 0 {
		return nil
	}
	v := one(r, of...)
	return &v
}

// randomJob is a Job of random settings, whose pods end at random and whose user changes his mind.
func randomJob(r *rand.Rand) *batchStory {
	s := &batchStory{start: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), until: 20 * time.Minute}
	j := randomJobObject(r, "work")
	s.objects = []object.Object{j}
	seed := r.Uint64()
	s.behave = func(place string, attempt int) *script.Script {
		return randomScript(rand.New(rand.NewPCG(seed, uint64(attempt)*1000+hash(place))), j.Spec.Template.Spec.RestartPolicy)
	}
	for at := time.Duration(0); r.IntN(3) > 0; {
		at += time.Second + odd(r, 40*time.Second)
		s.randomStep(r, at, j)
	}
	return s
}

func hash(s string) (n uint64) {
	for _, c := range []byte(s) {
		n = n*31 + uint64(c)
	}
	return n % 997
}

func randomJobObject(r *rand.Rand, name string) *object.Job {
	j := &object.Job{ObjectMeta: pod.ObjectMeta{Name: name, Namespace: "default"}}
	j.Spec = randomJobSpec(r)
	return j
}

func randomJobSpec(r *rand.Rand) (s object.JobSpec) {
	s.Template.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
	s.Template.Spec.RestartPolicy = one(r, pod.RestartPolicyNever, pod.RestartPolicyNever, pod.RestartPolicyOnFailure)
	s.Template.Spec.TerminationGracePeriodSeconds = maybe(r, 2, int64(9), 20, 30)
	s.Parallelism = maybe(r, 1, int32(0), 1, 1, 2, 2, 3, 4, 5)
	s.Completions = maybe(r, 1, int32(0), 1, 2, 3, 4, 5, 6, 8)
	if indexed := r.IntN(2) == 0; indexed {
		mode := object.IndexedCompletion
		s.CompletionMode = &mode
		if r.IntN(3) == 0 {
			s.Parallelism = new(*s.Completions)
		}
		if r.IntN(2) == 0 && s.Template.Spec.RestartPolicy == pod.RestartPolicyNever {
			s.BackoffLimitPerIndex = new(r.Int32N(3))
			s.MaxFailedIndexes = maybe(r, 2, r.Int32N(*s.Completions+1))
		}
		if r.IntN(4) == 0 {
			s.SuccessPolicy = randomSuccessPolicy(r, *s.Completions)
		}
	} else if r.IntN(5) == 0 {
		s.Completions = nil
	}
	s.BackoffLimit = maybe(r, 2, int32(0), 1, 2, 3, 6)
	if r.IntN(3) == 0 && s.Template.Spec.RestartPolicy == pod.RestartPolicyNever {
		s.PodFailurePolicy = randomFailurePolicy(r, s.BackoffLimitPerIndex != nil)
	}
	if s.PodFailurePolicy == nil {
		s.PodReplacementPolicy = maybe(r, 3, object.Failed, object.TerminatingOrFailed)
	}
	s.ActiveDeadlineSeconds = maybe(r, 6, int64(5), 20, 60, 200)
	s.Suspend = maybe(r, 6, true, false)
	s.TTLSecondsAfterFinished = maybe(r, 4, int32(0), 5, 30)
	s.ManagedBy = maybe(r, 30, "kubernetes.io/job-controller", "example.com/other")
	return s
}

func randomSuccessPolicy(r *rand.Rand, completions int32) *object.SuccessPolicy {
	p := &object.SuccessPolicy{}
	for range 1 + r.IntN(2) {
		var rule object.SuccessPolicyRule
		count := 1
		if r.IntN(3) > 0 && completions > 0 {
			first := r.Int32N(completions)
			last := first + r.Int32N(completions-first)
			rule.SucceededIndexes = new(fmt.Sprint(first))
			if last > first {
				rule.SucceededIndexes = new(fmt.Sprintf("%d-%d", first, last))
			}
			count = int(last - first + 1)
		} else {
			count = max(1, int(completions))
		}
		if rule.SucceededIndexes == nil || r.IntN(2) == 0 {
			rule.SucceededCount = new(int32(1 + r.IntN(count)))
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

func randomFailurePolicy(r *rand.Rand, perIndex bool) *object.PodFailurePolicy {
	p := &object.PodFailurePolicy{}
	actions := []object.PodFailurePolicyAction{
		object.PodFailurePolicyActionIgnore, object.PodFailurePolicyActionCount, object.PodFailurePolicyActionFailJob,
	}
	if perIndex {
		actions = append(actions, object.PodFailurePolicyActionFailIndex)
	}
	for range 1 + r.IntN(3) {
		rule := object.PodFailurePolicyRule{Action: one(r, actions...)}
		if r.IntN(3) == 0 {
			rule.OnPodConditions = []object.PodFailurePolicyOnPodConditionsPattern{{
				Type: one(r, pod.DisruptionTarget, "ConfigIssue"), Status: one(r, pod.ConditionTrue, pod.ConditionFalse),
			}}
		} else {
			rule.OnExitCodes = &object.PodFailurePolicyOnExitCodesRequirement{
				Operator: one(r, object.PodFailurePolicyOnExitCodesOpIn, object.PodFailurePolicyOnExitCodesOpNotIn), Values: one(r, []int32{1}, []int32{2, 3}, []int32{143}, []int32{3, 137}),
			}
			rule.OnExitCodes.ContainerName = maybe(r, 3, "app")
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

// randomScript is how one pod behaves.
func randomScript(r *rand.Rand, restart pod.RestartPolicy) *script.Script {
	b := script.Behavior{}
	for range 1 + r.IntN(2) {
		b.Runs = append(b.Runs, script.Run{For: script.Duration(odd(r, one(r, time.Second, 5*time.Second, 30*time.Second, 90*time.Second))), Exit: one(r, int32(0), 0, 0, 1, 1, 2, 3)})
	}
	if r.IntN(8) == 0 {
		b.Runs = []script.Run{{Forever: true}}
	}
	b.OnTerm.After = script.Duration(odd(r, 8*time.Second))
	b.OnTerm.Exit = maybe(r, 2, int32(0), 1, 3)
	if r.IntN(3) == 0 {
		b.Ready = []script.Ready{{After: script.Duration(odd(r, 3*time.Second)), Ready: true}}
	}
	if r.IntN(6) == 0 {
		b.Pull = script.Tries{{Takes: script.Duration(odd(r, 4*time.Second))}}
	}
	return &script.Script{Containers: map[string]script.Behavior{"app": b}}
}

// randomStep is something that the user of a Job does.
func (s *batchStory) randomStep(r *rand.Rand, at time.Duration, j *object.Job) {
	patch := func(text string) {
		s.add(at, "patch "+text, func(ctx context.Context, c *cluster.Cluster) error {
			_, err := c.Client().Patch(ctx, object.JobKind, j.Key(), []byte(text))
			return short(err)
		})
	}
	nth := r.IntN(6)
	switch r.IntN(17) {
	case 0:
		patch(fmt.Sprintf(`{"spec":{"parallelism":%d}}`, r.IntN(6)))
	case 1, 2:
		patch(fmt.Sprintf(`{"spec":{"suspend":%v}}`, r.IntN(2) == 0))
	case 3:
		n := r.IntN(6)
		patch(fmt.Sprintf(`{"spec":{"parallelism":%d,"completions":%d}}`, n, n))
	case 4:
		patch(fmt.Sprintf(`{"spec":{"activeDeadlineSeconds":%d}}`, 1+r.IntN(90)))
	case 5:
		patch(fmt.Sprintf(`{"spec":{"ttlSecondsAfterFinished":%d}}`, r.IntN(20)))
	case 6:
		patch(`{"metadata":{"labels":{"looked":"at"}}}`)
	case 7:
		policy := one(r, object.DeletePropagationBackground, object.DeletePropagationForeground, object.DeletePropagationOrphan)
		s.add(at, "delete the Job: "+string(policy), func(ctx context.Context, c *cluster.Cluster) error {
			return short(c.Client().Delete(ctx, object.JobKind, j.Key(), object.DeleteOptions{Propagation: policy}))
		})
	case 8:
		s.onPod(at, nth, "evict", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			return c.Client().Evict(ctx, p.Key(), object.DeleteOptions{})
		})
	case 9:
		status := one(r, pod.ConditionTrue, pod.ConditionFalse)
		s.onPod(at, nth, "give a condition", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			return c.SetCondition(p.Key(), pod.Condition{Type: "ConfigIssue", Status: status})
		})
	case 10:
		s.onPod(at, nth, "force the end", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			return c.Client().Delete(ctx, object.PodKind, p.Key(), object.DeleteOptions{DeleteOptions: pod.DeleteOptions{GracePeriodSeconds: new(int64)}})
		})
	case 11:
		s.add(at, "the node fails", func(ctx context.Context, c *cluster.Cluster) error { return c.FailNode("node") })
		s.add(at+odd(r, time.Minute), "the node recovers", func(ctx context.Context, c *cluster.Cluster) error { return c.RecoverNode("node") })
	case 12:
		s.onPod(at, nth, "take the owner off", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			_, err := c.Client().Patch(ctx, object.PodKind, p.Key(), []byte(disown))
			return err
		})
	case 13:
		s.onPod(at, nth, "change the labels of", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			if p.Status.Phase.IsTerminal() {
				return nil
			}
			_, err := c.Client().Patch(ctx, object.PodKind, p.Key(), []byte(`{"metadata":{"labels":{"looked":"at","batch.kubernetes.io/controller-uid":"other"}}}`))
			return err
		})
	case 14:
		index := fmt.Sprint(r.IntN(4))
		s.onPod(at, nth, "copy", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			twin := &pod.Pod{ObjectMeta: pod.ObjectMeta{GenerateName: "twin-", Namespace: p.Namespace, Labels: p.Labels, Annotations: map[string]string{"batch.kubernetes.io/job-completion-index": index}}}
			twin.Spec.RestartPolicy = p.Spec.RestartPolicy
			twin.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
			_, err := c.Client().Create(ctx, twin)
			return err
		})
	default:
		s.onPod(at, nth, "delete", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			return c.Client().Delete(ctx, object.PodKind, p.Key(), object.DeleteOptions{})
		})
	}
}

const disown = `{"metadata":{"ownerReferences":null}}`

// short is what of an error is shown: its first line, without what is random.
func short(err error) error {
	var refused *pod.StatusError
	if errors.As(err, &refused) {
		return errors.New(string(refused.Reason))
	}
	return err
}

// onPod does something with the nth pod, in the order of names and of creation.
func (s *batchStory) onPod(at time.Duration, nth int, what string, do func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error) {
	s.add(at, fmt.Sprintf("%s pod %d", what, nth), func(ctx context.Context, c *cluster.Cluster) error {
		pods := slices.Clone(c.Pods())
		if len(pods) == 0 {
			return errors.New("there are no pods")
		}
		slices.SortStableFunc(pods, func(a, b *pod.Pod) int { return strings.Compare(a.GenerateName, b.GenerateName) })
		return short(do(ctx, c, pods[nth%len(pods)]))
	})
}

// timeZones have daylight saving times by one hour and by half of one, at midnight, in the south, and none.
var timeZones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Asia/Beirut", "Etc/UTC"}

// changes of the clocks in these zones, or near them, and an ordinary day.
var cronDays = []time.Time{
	time.Date(2026, 3, 29, 0, 40, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 40, 0, 0, time.UTC), time.Date(2026, 3, 8, 6, 40, 0, 0, time.UTC),
	time.Date(2026, 11, 1, 5, 40, 0, 0, time.UTC), time.Date(2026, 4, 4, 14, 40, 0, 0, time.UTC), time.Date(2026, 10, 3, 15, 10, 0, 0, time.UTC),
	time.Date(2026, 4, 5, 2, 40, 0, 0, time.UTC), time.Date(2026, 9, 6, 3, 40, 0, 0, time.UTC), time.Date(2026, 3, 28, 21, 40, 0, 0, time.UTC),
	time.Date(2026, 10, 24, 20, 40, 0, 0, time.UTC), time.Date(2026, 2, 28, 23, 55, 0, 0, time.UTC), time.Date(2028, 2, 28, 23, 57, 0, 0, time.UTC),
	time.Date(2026, 6, 10, 9, 8, 7, 0, time.UTC),
}

func randomSchedule(r *rand.Rand) string {
	minute := fmt.Sprint(r.IntN(60))
	return one(r,
		"* * * * *", "*/2 * * * *", "*/5 * * * *", "*/7 * * * *", "@every 1m", "@every 90s", "@every 7m30s", "@hourly", "@daily", "@midnight",
		minute+" * * * *", minute+" 1,2,3 * * *", "0,30 0-4 * * *", "30 2 * * *", "15-45/10 * * * *", "59 23 28,29 2 *", "0 0 1 * *", "1 0 29 2 *", "0 0 * * 0",
		"0 0 13 * 5", "*/3 * ? * MON-FRI", "0 12 31 2 *", "*/20 2 * * *", "10 * * * SUN", "@yearly",
	)
}

// randomCronJob is a CronJob of random settings on a day on which clocks may change, whose user changes his mind.
func randomCronJob(r *rand.Rand) *batchStory {
	s := &batchStory{start: one(r, cronDays...).Add(odd(r, time.Minute)), until: one(r, 10*time.Minute, 20*time.Minute, 20*time.Minute, time.Hour, time.Hour, 3*time.Hour)}
	c := &object.CronJob{ObjectMeta: pod.ObjectMeta{Name: "tick", Namespace: "default"}}
	c.Spec.Schedule = randomSchedule(r)
	c.Spec.TimeZone = maybe(r, 2, timeZones...)
	if strings.Contains(c.Spec.Schedule, "TZ") {
		c.Spec.TimeZone = nil
	}
	c.Spec.StartingDeadlineSeconds = maybe(r, 3, int64(5), 11, 30, 90, 600, 7200)
	c.Spec.ConcurrencyPolicy = one(r, object.AllowConcurrent, object.ForbidConcurrent, object.ReplaceConcurrent)
	c.Spec.Suspend = maybe(r, 5, true, false)
	c.Spec.SuccessfulJobsHistoryLimit = maybe(r, 2, int32(0), 1, 2, 5)
	c.Spec.FailedJobsHistoryLimit = maybe(r, 2, int32(0), 1, 2, 5)
	c.Spec.JobTemplate.Labels = *one(r, &map[string]string{"app": "tick"}, new(map[string]string))
	c.Spec.JobTemplate.Annotations = *one(r, &map[string]string{"note": "of the template"}, new(map[string]string))
	j := &c.Spec.JobTemplate.Spec
	j.Template.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
	j.Template.Spec.RestartPolicy = pod.RestartPolicyNever
	j.BackoffLimit = maybe(r, 2, int32(0), 1)
	j.TTLSecondsAfterFinished = maybe(r, 4, int32(0), 20, 100)
	j.ActiveDeadlineSeconds = maybe(r, 4, int64(20), 100)
	j.Suspend = maybe(r, 10, true)
	s.objects = []object.Object{c}
	seed := r.Uint64()
	s.behave = func(place string, attempt int) *script.Script {
		r := rand.New(rand.NewPCG(seed, uint64(attempt)*1000+hash(place)))
		run := script.Run{For: script.Duration(odd(r, one(r, 5*time.Second, time.Minute, 5*time.Minute))), Exit: one(r, int32(0), 0, 1)}
		return &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{run}, OnTerm: script.OnTerm{After: script.Duration(odd(r, 8*time.Second))}}}}
	}
	for at := time.Duration(0); r.IntN(4) > 0; {
		at += time.Second + odd(r, s.until/4)
		s.randomCronStep(r, at, c)
	}
	return s
}

// randomCronStep is something that the user of a CronJob does.
func (s *batchStory) randomCronStep(r *rand.Rand, at time.Duration, c *object.CronJob) {
	patch := func(text string) {
		s.add(at, "patch "+text, func(ctx context.Context, cl *cluster.Cluster) error {
			_, err := cl.Client().Patch(ctx, object.CronJobKind, c.Key(), []byte(text))
			return short(err)
		})
	}
	nth := r.IntN(6)
	switch r.IntN(11) {
	case 0, 1:
		patch(fmt.Sprintf(`{"spec":{"suspend":%v}}`, r.IntN(3) == 0))
	case 2:
		patch(fmt.Sprintf(`{"spec":{"schedule":%q,"timeZone":null}}`, randomSchedule(r)))
	case 3:
		patch(fmt.Sprintf(`{"spec":{"timeZone":%q}}`, one(r, timeZones...)))
	case 4:
		patch(fmt.Sprintf(`{"spec":{"concurrencyPolicy":%q}}`, one(r, object.AllowConcurrent, object.ForbidConcurrent, object.ReplaceConcurrent)))
	case 5:
		patch(fmt.Sprintf(`{"spec":{"startingDeadlineSeconds":%d}}`, one(r, 3, 11, 60, 600)))
	case 6:
		patch(fmt.Sprintf(`{"spec":{"successfulJobsHistoryLimit":%d,"failedJobsHistoryLimit":%d}}`, r.IntN(3), r.IntN(3)))
	case 7:
		s.onJob(at, nth, "delete", func(ctx context.Context, c *cluster.Cluster, j *object.Job) error {
			return c.Client().Delete(ctx, object.JobKind, j.Key(), object.DeleteOptions{Propagation: object.DeletePropagationBackground})
		})
	case 8:
		s.onJob(at, nth, "take the owner off", func(ctx context.Context, c *cluster.Cluster, j *object.Job) error {
			_, err := c.Client().Patch(ctx, object.JobKind, j.Key(), []byte(disown))
			return err
		})
	case 9:
		last := time.Duration(1+r.IntN(400)) * time.Minute
		s.add(at, fmt.Sprintf("nothing was started for %s", last), func(ctx context.Context, cl *cluster.Cluster) error {
			jobs, err := cl.Client().List(ctx, object.JobKind, cluster.ListOptions{})
			if err != nil || len(jobs.Items) > 0 { // they say when they were started
				return err
			}
			o, err := cl.Client().Read(ctx, object.CronJobKind, c.Key())
			if err != nil {
				return short(err)
			}
			o.(*object.CronJob).Status.LastScheduleTime = new(pod.NewTime(cl.Now().Add(-last).Truncate(time.Minute)))
			_, err = cl.Client().UpdateStatus(ctx, o)
			return short(err)
		})
	default:
		s.onPod(at, nth, "delete", func(ctx context.Context, c *cluster.Cluster, p *pod.Pod) error {
			return c.Client().Delete(ctx, object.PodKind, p.Key(), object.DeleteOptions{})
		})
	}
}

// onJob does something with the nth Job, in the order of names.
func (s *batchStory) onJob(at time.Duration, nth int, what string, do func(ctx context.Context, c *cluster.Cluster, j *object.Job) error) {
	s.add(at, fmt.Sprintf("%s Job %d", what, nth), func(ctx context.Context, c *cluster.Cluster) error {
		l, err := c.Client().List(ctx, object.JobKind, cluster.ListOptions{})
		if err != nil || len(l.Items) == 0 {
			return errors.New("there are no Jobs")
		}
		return short(do(ctx, c, l.Items[nth%len(l.Items)].(*object.Job)))
	})
}
