package scheduling_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// recordedCase is a small cluster, a pending pod, and what Kubernetes' own scheduler decides.
type recordedCase struct {
	ID, Family      string
	Pod             *pod.Pod
	Nodes           []*object.Node
	Pods            []*pod.Pod
	Namespaces      []*object.Namespace
	PriorityClasses []*object.PriorityClass
	PDBs            []*object.PodDisruptionBudget
	PVCs            []*object.PersistentVolumeClaim
	PVs             []*object.PersistentVolume
	StorageClasses  []*object.StorageClass
	CSINodes        []*object.CSINode
	Services        []*object.Service
	ReplicaSets     []*object.ReplicaSet
	StatefulSets    []*object.StatefulSet
	Want            recorded
}

// recorded is a decision as it is written down.
type recorded struct {
	PreEnqueue     *rejection         `json:"preEnqueue,omitempty"`
	PreFilter      *rejection         `json:"preFilter,omitempty"`
	PreFilterNodes []string           `json:"preFilterNodes,omitempty"`
	Rejected       []rejectedNodes    `json:"rejected,omitempty"`
	Feasible       []string           `json:"feasible,omitempty"`
	Scores         map[string][]int64 `json:"scores,omitempty"`
	Total          []int64            `json:"total,omitempty"`
	Best           []string           `json:"best,omitempty"`
	FilterMessage  string             `json:"filterMessage,omitempty"`
	Condition      *condition         `json:"condition,omitempty"`
	Preemption     *preemption        `json:"preemption,omitempty"`
}

type rejection struct {
	Plugin string   `json:"plugin,omitempty"`
	Code   string   `json:"code"`
	Why    []string `json:"why"`
}

type rejectedNodes struct {
	At string `json:"at,omitempty"`
	rejection
	Nodes []string `json:"nodes"`
}

type condition struct {
	Reason, Message string
}

type preemption struct {
	Candidates []candidate `json:"candidates"`
	Nominated  []string    `json:"nominated"`
}

type candidate struct {
	Node          string   `json:"node"`
	Victims       []string `json:"victims"`
	PDBViolations int      `json:"pdbViolations"`
}

// TestRecordedDecisions compares every decision with the recorded one. Further recordings can be named in PODLIFE_SCHEDULING.
func TestRecordedDecisions(t *testing.T) {
	files := append([]string{"testdata/cases.jsonl.gz"}, filepath.SplitList(os.Getenv("PODLIFE_SCHEDULING"))...)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cases := readCases(t, file)
			require.NotEmpty(t, cases)
			differing := map[string]int{}
			for _, raw := range cases {
				var c recordedCase
				require.NoError(t, json.Unmarshal(raw, &c))
				c.prepare()
				want, got := c.Want.text(), c.decide(c.objects()).text()
				if want != got {
					if differing[c.Family]++; differing[c.Family] <= 30 {
						t.Errorf("%s\n%s", c.ID, differences(want, got))
					}
				}
			}
			require.Empty(t, differing, "cases that differ, by family, of %d", len(cases))
		})
	}
}

// TestOrderOfObjectsDoesNotMatter decides some of the recorded cases with their objects in other orders.
func TestOrderOfObjectsDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for i, raw := range readCases(t, "testdata/cases.jsonl.gz") {
		if i%7 != 0 {
			continue
		}
		var c recordedCase
		require.NoError(t, json.Unmarshal(raw, &c))
		c.prepare()
		objects := c.objects()
		random.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
		require.Equal(t, c.Want.text(), c.decide(objects).text(), c.ID)
	}
}

func readCases(t *testing.T, file string) (cases []json.RawMessage) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		r, err = gzip.NewReader(f)
		require.NoError(t, err)
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) > 0 {
			cases = append(cases, bytes.Clone(lines.Bytes()))
		}
	}
	require.NoError(t, lines.Err())
	return cases
}

// prepare does to the pods what the API server does when it stores them.
func (c *recordedCase) prepare() {
	for _, p := range append([]*pod.Pod{c.Pod}, c.Pods...) {
		uid := p.UID
		if uid == "" {
			uid = pod.UID(p.Namespace + "/" + p.Name)
		}
		status, deleted, grace := p.Status, p.DeletionTimestamp, p.DeletionGracePeriodSeconds
		pod.SetDefaults(p)
		pod.PrepareCreate(p, pod.Creation{UID: uid})
		p.Status, p.DeletionTimestamp, p.DeletionGracePeriodSeconds = status, deleted, grace
	}
}

func (c *recordedCase) objects() (list []object.Object) {
	list = appendAll(list, c.Nodes)
	list = appendAll(list, c.Pods)
	list = appendAll(list, c.Namespaces)
	list = appendAll(list, c.PriorityClasses)
	list = appendAll(list, c.PDBs)
	list = appendAll(list, c.PVCs)
	list = appendAll(list, c.PVs)
	list = appendAll(list, c.StorageClasses)
	list = appendAll(list, c.CSINodes)
	list = appendAll(list, c.Services)
	list = appendAll(list, c.ReplicaSets)
	return appendAll(list, c.StatefulSets)
}

func appendAll[T object.Object](to []object.Object, list []T) []object.Object {
	for _, o := range list {
		to = append(to, o)
	}
	return to
}

func (c *recordedCase) decide(objects []object.Object) recorded {
	var s scheduling.Snapshot
	for _, o := range objects {
		s.Put(o)
	}
	d := scheduling.Decide(&s, c.Pod, scheduling.Profile{})
	return record(&d)
}

// record writes a decision down as the recordings do.
func record(d *scheduling.Decision) (r recorded) {
	r.PreEnqueue, r.PreFilter = wording(d.Gate), wording(d.PreFilter)
	if d.Reason != "" {
		r.Condition = &condition{string(d.Reason), d.Message}
	}
	r.FilterMessage = d.FilterMessage
	if d.Gate != nil {
		return r
	}
	r.PreFilterNodes, _ = d.PreFilterNodes()
	for _, n := range d.Rejected() {
		at := ""
		if n.Plugin == "" {
			at = "PreFilter"
		}
		r.Rejected = append(r.Rejected, rejectedNodes{at, *wording(&n.Rejection), []string{n.Node}})
	}
	r.Feasible, r.Best = d.Feasible(), d.Best()
	r.Scores = map[string][]int64{}
	for i, score := range d.Scores() {
		r.Total = append(r.Total, score.Total)
		for plugin, n := range score.ByPlugin {
			if r.Scores[string(plugin)] == nil {
				r.Scores[string(plugin)] = make([]int64, len(r.Feasible))
			}
			r.Scores[string(plugin)][i] = n
		}
	}
	if p := d.Preemption; p != nil {
		r.Preemption = &preemption{Nominated: p.Equal}
		for i := range p.Candidates {
			victims := []string{}
			for _, v := range p.Candidates[i].Victims {
				victims = append(victims, v.Key().String())
			}
			r.Preemption.Candidates = append(r.Preemption.Candidates, candidate{p.Candidates[i].Node, victims, p.Candidates[i].PDBViolations})
		}
	}
	return r
}

func wording(r *scheduling.Rejection) *rejection {
	if r == nil {
		return nil
	}
	return &rejection{string(r.Plugin), string(r.Code), r.Why}
}

// text is the same for decisions that agree: sets are sorted, nodes stand one by one, and scores of 0 for all are left out.
func (r recorded) text() string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.PreEnqueue != nil {
		say("preEnqueue %+v", *r.PreEnqueue)
	}
	if r.PreFilter != nil {
		say("preFilter %+v", *r.PreFilter)
	}
	say("preFilterNodes %v", sorted(r.PreFilterNodes))
	for _, group := range r.Rejected {
		for _, node := range group.Nodes {
			say("node %s: %s %s %s %q", node, group.At, group.Plugin, group.Code, sorted(group.Why))
		}
	}
	for i, node := range r.Feasible {
		if i < len(r.Total) {
			say("node %s: total %d", node, r.Total[i])
			for plugin, scores := range r.Scores {
				if scores[i] != 0 {
					say("node %s: %s %d", node, plugin, scores[i])
				}
			}
			continue
		}
		say("node %s: fits", node)
	}
	say("best %v", sorted(r.Best))
	say("filterMessage %s", r.FilterMessage)
	if r.Condition != nil {
		say("condition %s: %s", r.Condition.Reason, r.Condition.Message)
	}
	if r.Preemption != nil {
		for _, c := range r.Preemption.Candidates {
			say("candidate %s: %v, violations %d", c.Node, sorted(c.Victims), c.PDBViolations)
		}
		say("nominated %v", sorted(r.Preemption.Nominated))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// differences lists the lines that only one of two texts has.
func differences(want, got string) string {
	wanted, have := strings.Split(want, "\n"), strings.Split(got, "\n")
	var lines []string
	for _, line := range wanted {
		if !slices.Contains(have, line) {
			lines = append(lines, "  want "+line)
		}
	}
	for _, line := range have {
		if !slices.Contains(wanted, line) {
			lines = append(lines, "  got  "+line)
		}
	}
	return strings.Join(lines, "\n")
}
