// Report times podlife beside its peers, in one run, and prints the tables as Markdown.
//
//	go run -C bench ./report [-weight] [-million] [-containers] [-for DURATION]
//
// With -million it also runs a million pods at once, which takes minutes and 2 GB of memory. With -weight it also builds a program that
// imports podlife/pod and one that imports k8s.io/api/core/v1, each with an empty build cache, which takes minutes. With -containers it
// also measures real containers on an engine of its own, see adapters/cri/report, which needs root and containerd.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/bench"
	"github.com/podlife/podlife/node/process"
)

func main() {
	process.Init()
	weigh := flag.Bool("weight", false, "also weigh programs that import the two models")
	million := flag.Bool("million", false, "also run a million pods at once")
	real := flag.Bool("containers", false, "also measure real containers, on a containerd of its own")
	span := flag.String("for", "1s", "how long to time each side of each case")
	testing.Init()
	flag.Parse()
	if err := flag.Set("test.benchtime", *span); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
	fmt.Printf("%s, %d cores, %s, podlife beside %s.\n", cpu(), runtime.NumCPU(), runtime.Version(), peers())
	parts := []func() error{cases, manyPods, func() error { return podsAtOnce(*million) }, anHour, workloads, idlePods}
	if *weigh {
		parts = append(parts, weight)
	}
	if *real {
		parts = append(parts, containers)
	}
	for _, part := range parts {
		if err := part(); err != nil {
			fmt.Fprintln(os.Stderr, "report:", err)
			os.Exit(1)
		}
	}
}

// cases prints every case beside its peer.
func cases() error {
	group := ""
	for _, c := range bench.Cases() {
		if c.Group != group {
			fmt.Printf("\n### %s\n\n| task | podlife | peer | faster | bytes | allocations |\n|---|---:|---:|---:|---:|---:|\n", c.Group)
			group = c.Group
		}
		fmt.Println(row(c))
	}
	return nil
}

// containers prints what the adapter's own report does, which is a program of a module of its own.
func containers() error {
	fmt.Print("\n### Real containers\n\n")
	report := exec.Command("go", "run", "-C", "../adapters/cri", "./report")
	report.Stdout, report.Stderr = os.Stdout, os.Stderr
	return report.Run()
}

// podsAtOnce prints what clusters take in which many pods run at once.
func podsAtOnce(million bool) error {
	sizes := []int{10_000, 100_000}
	if million {
		sizes = append(sizes, 1_000_000)
	}
	fmt.Printf("\n### Pods that run at once in virtual time, each with a probe every 10 s\n\n")
	fmt.Printf("| pods | nodes | bytes a pod | heap | made in | for an event | for a look at one |\n|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, n := range sizes {
		m, err := bench.RunMany(n, n/200)
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %d | %d | %.1f MiB | %s | %s | %s |\n", m.Pods, m.Nodes, m.PerPod(), float64(m.Heap)/(1<<20),
			m.Making.Round(100*time.Millisecond), m.Event.Round(10*time.Nanosecond), m.Sleeping.Round(10*time.Nanosecond))
	}
	return nil
}

// anHour prints what an hour of a cluster takes.
func anHour() error {
	h, err := bench.RunHour(1000, 10)
	if err != nil {
		return err
	}
	fmt.Printf("\n### An hour in virtual time, with all controllers and a probe of each pod every 10 s\n\n")
	fmt.Printf("| pods | nodes | probes | wall time | for each probe |\n|---:|---:|---:|---:|---:|\n")
	fmt.Printf("| %d | %d | %d | %s | %s |\n", h.Pods, h.Nodes, h.Probes, h.Wall.Round(time.Millisecond), (h.Wall / time.Duration(h.Probes)).Round(10*time.Nanosecond))
	return nil
}

// workloads prints what controllers of large workloads take, and how it grows.
func workloads() error {
	fmt.Print("\n### Workloads in virtual time\n\n| what | size | wall time | for each | live bytes | allocated for each |\n|---|---:|---:|---:|---:|---:|\n")
	for _, w := range []struct {
		name  string
		run   func(int) (bench.Grown, error)
		sizes []int
	}{
		{"a Deployment, made and rolled out", bench.RunRollout, []int{2_500, 5_000, 10_000}},
		{"a Job, completions", bench.RunJob, []int{25_000, 50_000, 100_000}},
		{"hourly CronJobs for a day", bench.RunCronJobs, []int{250, 500, 1_000}},
	} {
		for _, size := range w.sizes {
			g, err := w.run(size)
			if err != nil {
				return err
			}
			n := uint64(size)
			fmt.Printf("| %s | %d | %.1f s | %d µs | %.0f MB | %.0f kB |\n", w.name, size, g.Wall.Seconds(), g.Wall.Microseconds()/int64(size),
				float64(g.Live)/1e6, float64(g.Allocated/n)/1e3)
		}
	}
	rate, err := bench.RunUnitTests(3 * time.Second)
	if err != nil {
		return err
	}
	fmt.Printf("\nA controller's unit test (three nodes, a Deployment of three, one rollout, from New to the last assertion): %.0f a second on one core.\n", rate)
	return nil
}

// idlePods prints what pods take that do nothing.
func idlePods() error {
	fmt.Printf("\n### 200 idle pods, CPU time beside that of a second program that sleeps\n\n")
	fmt.Printf("| containers | span | with the pods | the other program | ratio | of one core |\n|---|---:|---:|---:|---:|---:|\n")
	for _, real := range []bool{false, true} {
		m, err := bench.RunIdle(200, real, 20*time.Second)
		if err != nil {
			return err
		}
		kind := "scripted"
		if m.Real {
			kind = "processes"
		}
		fmt.Printf("| %s | %s | %s | %s | %.1f | %.4f %% |\n", kind, m.Span, m.Ours.Round(time.Microsecond), m.Theirs.Round(time.Microsecond),
			float64(m.Ours)/float64(max(m.Theirs, time.Microsecond)), 100*float64(m.Ours)/float64(m.Span))
	}
	return nil
}

// manyPods prints what many pods on processes take.
func manyPods() error {
	m, err := bench.RunManyPods(200)
	if err != nil {
		return err
	}
	fmt.Printf("\n### %d pods on processes, through the agent\n\n| start | stop | memory of the agent per pod | memory of a shim |\n|---:|---:|---:|---:|\n", m.Pods)
	fmt.Printf("| %.0f pods/s | %.0f pods/s | %d KiB | %.1f MiB |\n", float64(m.Pods)/m.Started.Seconds(),
		float64(m.Pods)/m.Stopped.Seconds(), m.Agent>>10, float64(m.Shim)/(1<<20))
	return nil
}

// row times both sides, in turns so that neither has the quieter machine, and takes the better of two.
func row(c bench.Case) string {
	ours, theirs := testing.Benchmark(c.Ours), testing.Benchmark(c.Theirs)
	ours, theirs = better(ours, testing.Benchmark(c.Ours)), better(theirs, testing.Benchmark(c.Theirs))
	ratio := nanos(theirs) / nanos(ours)
	mark := ""
	if c.Faster > 0 && ratio < c.Faster {
		mark = fmt.Sprintf(" (aim %.2g)", c.Faster)
	}
	return fmt.Sprintf("| %s | %s | %s: %s | %.1f×%s | %d / %d | %d / %d |", c.Task, duration(ours), c.Peer, duration(theirs), ratio, mark,
		ours.AllocedBytesPerOp(), theirs.AllocedBytesPerOp(), ours.AllocsPerOp(), theirs.AllocsPerOp())
}

func better(a, b testing.BenchmarkResult) testing.BenchmarkResult {
	if nanos(b) < nanos(a) {
		return b
	}
	return a
}

func nanos(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }

func duration(r testing.BenchmarkResult) string {
	switch n := nanos(r); {
	case n < 1e3:
		return fmt.Sprintf("%.1f ns", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f µs", n/1e3)
	default:
		return fmt.Sprintf("%.1f ms", n/1e6)
	}
}

// cpu is the processor as the system calls it.
func cpu() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// peers are the versions of the peers in this program.
func peers() string {
	var out []string
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		switch m.Path {
		case "k8s.io/kubernetes", "k8s.io/apimachinery", "sigs.k8s.io/yaml", "github.com/looplab/fsm", "github.com/qmuntal/stateless":
			version := m.Version
			if m.Replace != nil {
				version = m.Replace.Version
			}
			out = append(out, m.Path+" "+version)
		}
	}
	return strings.Join(out, ", ")
}
