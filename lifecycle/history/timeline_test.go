package history_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/pod"
)

// crashing is the history of a pod that crashes, is lost with its node, and is deleted.
func crashing(t *testing.T) *history.History {
	h := &history.History{Scenario: "crashing", Events: []history.Event{
		{T: 1, Type: "Normal", Reason: "Started", Message: "Container started", Count: 1},
		{T: 3, Type: "Warning", Reason: "BackOff", Message: `back-off <10s> & "more"`, Count: 2},
	}}
	h.Record(0, parse(t, one("phase: Pending", "state: {waiting: {reason: ContainerCreating}}")))
	h.Record(time.Second, parse(t, one("phase: Running", "ready: true, state: {running: {}}")))
	h.Record(3*time.Second, parse(t, one("phase: Running", "restartCount: 1, state: {terminated: {exitCode: 1, reason: Error}}")))
	gone := parse(t, one("phase: Failed", "restartCount: 1, state: {terminated: {exitCode: 137, reason: Error}}"))
	at := pod.NewTime(time.Unix(0, 0))
	gone.DeletionTimestamp = &at
	h.Record(8*time.Second, gone)
	h.Gone(9 * time.Second)
	return h
}

func timeline(t *testing.T) history.Timeline {
	return history.Timeline{
		Title:   "two <pods>",
		Lives:   []history.Life{{Name: "web-0", Node: "n1", History: crashing(t)}, {Name: "web-1", Node: "n2", Born: 10 * time.Second, History: crashing(t)}},
		Outages: []history.Outage{{Node: "n1", From: 4 * time.Second}},
		Notes:   []history.Note{{At: 2 * time.Second, Text: "delete pod/web-0"}},
	}
}

// elements counts the elements of well-formed XML by their class.
func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	found := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Local == "class" {
					found[a.Value]++
				}
			}
		}
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, history.SVG(&b, timeline(t)))
	got := elements(t, b.String())
	for class, want := range map[string]int{
		"pod": 2, "name": 2, "phase-pending": 3, "phase-running": 3, "phase-failed": 3, "waiting": 3, "ready": 3, "failed": 5,
		"outage": 2, "normal": 3, "warning": 3, "deletion": 3, "note": 1,
	} {
		require.Equal(t, want, got[class], "%s, one of them in the legend where there is one", class)
	}
	require.Contains(t, b.String(), "two &lt;pods&gt;")
	require.Contains(t, b.String(), "3s – 8s  app: Terminated(Error,1), restarts 1")
	var again bytes.Buffer
	require.NoError(t, history.SVG(&again, timeline(t)))
	require.Equal(t, b.String(), again.String())
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, history.HTML(&b, timeline(t)))
	page := b.String()
	for _, foreign := range []string{"src=", "href=", "@import", "url(", "fetch("} {
		require.NotContains(t, page, foreign)
	}
	require.Contains(t, page, "<td>3s<td>web-0<td>Warning<td>BackOff<td>back-off &lt;10s&gt; &amp; &quot;more&quot; (×2)")
	require.Contains(t, page, "<li><time>2s</time> delete pod/web-0</li>")
}

func TestEmptyTimeline(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, history.SVG(&b, history.Timeline{}))
	require.Zero(t, elements(t, b.String())["pod"])
	require.NoError(t, history.HTML(&b, history.Of("none", &history.History{})))
}

func TestTimelineInText(t *testing.T) {
	require.Equal(t, `two <pods>
           0s     2s     4s     6s     8s      10s    12s    14s    16s    18s
web-0 app  ...#######xxxx!xxxxxxxxxxxxx|xxx                                       !
web-1 app                                      ...#######xxxxxxxxxxxxxxxxxx|xxx
2s  delete pod/web-0
. waiting   ~ waiting after a failure   - running   # ready   o exit 0   x exit not 0   | deletion asked for   ! node silent
`, timeline(t).String())
}

// TestPodsThatWaitForANode have a line in text though no container of theirs is known, and names that are too long for the picture keep
// their end, by which they differ.
func TestPodsThatWaitForANode(t *testing.T) {
	h := &history.History{}
	h.Record(0, &pod.Pod{Status: pod.Status{Phase: pod.Pending}})
	line := history.Timeline{End: 10 * time.Second}
	for _, name := range []string{"abcde", "fghij"} {
		line.Lives = append(line.Lives, history.Life{Name: strings.Repeat("long-", 10) + name, Born: 5 * time.Second, History: h})
	}
	text := strings.Split(line.String(), "\n")
	require.Equal(t, line.Lives[0].Name+strings.Repeat(" ", 2+36)+strings.Repeat(".", 35), text[1])
	var b bytes.Buffer
	require.NoError(t, history.SVG(&b, line))
	require.Contains(t, b.String(), ">long-long-l…g-long-long-long-abcde<")
	require.Contains(t, b.String(), ">long-long-l…g-long-long-long-fghij<")
}
