package history

import (
	"fmt"
	"strings"
)

// textWidth is how many columns the axis of a timeline in text has.
const textWidth = 72

// signs are how the classes of spans look in text.
var signs = map[string]byte{
	"waiting": '.', "backoff": '~', "running": '-', "ready": '#', "completed": 'o', "failed": 'x',
	"phase-pending": '.', "phase-running": '-', "phase-unknown": '-', "phase-succeeded": 'o', "phase-failed": 'x',
}

// textKey says what the signs mean.
const textKey = ". waiting   ~ waiting after a failure   - running   # ready   o exit 0   x exit not 0   | deletion asked for   ! node silent"

// String draws the timeline in text, one line a container, and one for a pod whose containers are not known yet, for the output of a test:
//
//	             0s        10s       20s       30s
//	web-0 app    ..--######xx~~~~~~######
//
// A column shows the last state that begins in it.
func (t Timeline) String() string {
	end := t.end()
	width := len("pod")
	for i := range t.Lives {
		for _, l := range t.Lives[i].textLanes(end) {
			width = max(width, len(l.label))
		}
	}
	var b strings.Builder
	if t.Title != "" {
		fmt.Fprintf(&b, "%s\n", t.Title)
	}
	fmt.Fprintf(&b, "%*s  %s\n", -width, "", textAxis(end))
	for i := range t.Lives {
		t.writeLife(&b, &t.Lives[i], end, width)
	}
	for _, n := range t.Notes {
		fmt.Fprintf(&b, "%s  %s\n", timeText(n.At.Seconds()), n.Text)
	}
	fmt.Fprintf(&b, "%s\n", textKey)
	return b.String()
}

// textAxis are the marks of the axis, as many as there is room for.
func textAxis(end float64) string {
	line := []byte(strings.Repeat(" ", textWidth+10))
	free := 0
	for _, at := range ticks(end) {
		text := tickText(at)
		if column := columnOf(at, end); column >= free {
			copy(line[column:], text)
			free = column + len(text) + 1
		}
	}
	return strings.TrimRight(string(line), " ")
}

func columnOf(seconds, end float64) int {
	return min(max(int(seconds/end*textWidth), 0), textWidth-1)
}

func (t *Timeline) writeLife(b *strings.Builder, l *Life, end float64, width int) {
	for _, lane := range l.textLanes(end) {
		line := []byte(strings.Repeat(" ", textWidth))
		for _, s := range lane.spans {
			from, to := columnOf(s.from, end), columnOf(s.to, end)
			for c := from; c < to || c == from; c++ {
				line[c] = signs[s.class]
			}
		}
		t.mark(line, l, end)
		fmt.Fprintf(b, "%*s  %s\n", -width, lane.label, strings.TrimRight(string(line), " "))
	}
}

// textLanes are the lanes that text shows: those of the containers, and of a pod without any the phase.
func (l *Life) textLanes(end float64) []lane {
	all := l.lanes(end)
	if len(all) == 1 {
		return all
	}
	for i := range all[1:] {
		all[i+1].label = l.Name + " " + all[i+1].label
	}
	return all[1:]
}

// mark puts the request to delete, and the silence of the node, into a line.
func (t *Timeline) mark(line []byte, l *Life, end float64) {
	for _, o := range t.Outages {
		if o.Node != l.Node || l.Node == "" {
			continue
		}
		to := end
		if o.To > 0 {
			to = o.To.Seconds()
		}
		line[columnOf(o.From.Seconds(), end)] = '!'
		line[columnOf(to, end)] = '!'
	}
	if at, ok := l.deletedAt(); ok {
		line[columnOf(at, end)] = '|'
	}
}
