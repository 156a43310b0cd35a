package history

import (
	"fmt"
	"io"
	"strings"
)

// The measures of the picture, in pixels.
const (
	pictureWidth = 1200
	labelWidth   = 270
	headHeight   = 60
	phaseHeight  = 8
	laneHeight   = 16
	barHeight    = 11
	rowGap       = 12
	eventHeight  = 12
	legendHeight = 56
)

// SVG draws the timeline: pods as rows, with a thin bar for the phase and one bar for each container below it, events as
// marks, the request to delete as a dashed line, silent nodes as shaded areas. What lies under the pointer is told in a
// few words. The picture needs nothing besides itself.
func SVG(w io.Writer, t Timeline) error {
	p := newPicture(&t)
	p.draw()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// picture is an SVG that grows.
type picture struct {
	b   strings.Builder
	t   *Timeline
	end float64
	y   float64
}

func newPicture(t *Timeline) *picture { return &picture{t: t, end: t.end()} }

// x is where a time is.
func (p *picture) x(seconds float64) float64 {
	return labelWidth + (pictureWidth-labelWidth-20)*min(max(seconds/p.end, 0), 1)
}

func (p *picture) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

func (p *picture) draw() {
	height := p.height()
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%d" height="%.0f" class="podlife" role="img">`+"\n",
		pictureWidth, height, pictureWidth, height)
	p.printf("<title>%s</title>\n<style>%s</style>\n", escape(p.t.Title), style)
	p.printf(`<rect class="paper" width="%d" height="%.0f"/>`+"\n", pictureWidth, height)
	p.printf(`<text class="title" x="12" y="22">%s</text>`+"\n", escape(p.t.Title))
	p.axis(height)
	p.y = headHeight
	for i := range p.t.Lives {
		p.life(&p.t.Lives[i])
	}
	p.notes(height)
	p.legend(height)
	p.printf("</svg>\n")
}

func (p *picture) height() float64 {
	h := float64(headHeight + legendHeight)
	for i := range p.t.Lives {
		h += rowHeight(p.t.Lives[i].lanes(p.end))
	}
	return h
}

func rowHeight(lanes []lane) float64 {
	return phaseHeight + eventHeight + float64(len(lanes)-1)*laneHeight + rowGap
}

func (p *picture) axis(height float64) {
	for _, at := range ticks(p.end) {
		x := p.x(at)
		p.printf(`<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%.0f"/>`, x, headHeight-12, x, height-legendHeight+6)
		p.printf(`<text class="tick" x="%.1f" y="%d">%s</text>`+"\n", x, headHeight-16, tickText(at))
	}
}

// life draws one pod.
func (p *picture) life(l *Life) {
	lanes := l.lanes(p.end)
	height := rowHeight(lanes)
	p.outages(l, height-rowGap/2)
	label := l.Name
	if l.Node != "" {
		label += " @ " + l.Node
	}
	p.printf(`<g class="pod"><text class="name" x="12" y="%.1f">%s<title>%s</title></text>`+"\n", p.y+9, escape(shorten(label, 34)), escape(label))
	p.spans(lanes[0].spans, p.y, phaseHeight)
	p.events(l, p.y+phaseHeight)
	y := p.y + phaseHeight + eventHeight
	for _, c := range lanes[1:] {
		p.printf(`<text class="container" x="%d" y="%.1f">%s</text>`, labelWidth-8, y+9, escape(shorten(c.label, 24)))
		p.spans(c.spans, y, barHeight)
		y += laneHeight
	}
	if at, ok := l.deletedAt(); ok {
		p.printf(`<line class="deletion" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"><title>deletion asked for at %s</title></line>`,
			p.x(at), p.y-2, p.x(at), y, timeText(at))
	}
	p.printf("</g>\n")
	p.y += height
}

// shorten leaves out of the middle of a label what there is no room for: names of one workload's pods differ at their end.
func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	end := most * 2 / 3
	return string(r[:most-1-end]) + "…" + string(r[len(r)-end:])
}

func (p *picture) spans(spans []span, y, height float64) {
	for _, s := range spans {
		x, width := p.x(s.from), p.x(s.to)-p.x(s.from)
		if s.from >= p.end {
			continue
		}
		p.printf(`<rect class="%s" x="%.2f" y="%.1f" width="%.2f" height="%.0f"><title>%s</title></rect>`+"\n",
			s.class, x, y, max(width, 1), height, escape(fmt.Sprintf("%s – %s  %s", timeText(s.from), timeText(s.to), s.text)))
	}
}

func (p *picture) events(l *Life, y float64) {
	for _, e := range l.History.Events {
		at := l.Born.Seconds() + e.T
		if at > p.end {
			continue
		}
		x, class := p.x(at), "normal"
		if e.Type != "Normal" {
			class = "warning"
		}
		p.printf(`<path class="%s" d="M%.1f %.1fl3.5 7h-7z"><title>%s</title></path>`+"\n",
			class, x, y+2, escape(fmt.Sprintf("%s  %s: %s", timeText(at), e.Reason, e.Message)))
	}
}

func (p *picture) outages(l *Life, height float64) {
	for _, o := range p.t.Outages {
		if o.Node != l.Node || l.Node == "" {
			continue
		}
		to := o.To.Seconds()
		if o.To == 0 {
			to = p.end
		}
		from, upTo := p.x(o.From.Seconds()), p.x(to)
		p.printf(`<rect class="outage" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`+"\n",
			from, p.y-rowGap/2, upTo-from, height+rowGap/2, escape(fmt.Sprintf("%s is silent, %s – %s", o.Node, timeText(o.From.Seconds()), timeText(to))))
	}
}

func (p *picture) notes(height float64) {
	for i, n := range p.t.Notes {
		x := p.x(n.At.Seconds())
		p.printf(`<g class="note"><line x1="%.1f" y1="%d" x2="%.1f" y2="%.0f"/><circle cx="%.1f" cy="%d" r="7"/>`, x, headHeight-6, x, height-legendHeight+6, x, headHeight-8)
		p.printf(`<text x="%.1f" y="%d">%d</text><title>%s</title></g>`+"\n", x, headHeight-5, i+1, escape(timeText(n.At.Seconds())+"  "+n.Text))
	}
}

// key is one thing that the picture shows, and how: as a bar of a class, unless mark draws it at a place.
type key struct {
	class, text string
	mark        func(x, y float64) string
}

// keys are what the colours and marks mean, a line each for phases, for containers and for what happens.
var keys = [][]key{
	{
		{class: "phase-pending", text: "Pending"}, {class: "phase-running", text: "Running"}, {class: "phase-succeeded", text: "Succeeded"},
		{class: "phase-failed", text: "Failed"}, {class: "phase-unknown", text: "Unknown"},
		{text: "an event", mark: triangle("normal")}, {text: "a warning", mark: triangle("warning")},
		{text: "deletion asked for", mark: func(x, y float64) string {
			return fmt.Sprintf(`<line class="deletion" x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f"/>`, x+6, y-2, x+6, y+12)
		}},
		{class: "outage", text: "node silent"},
	},
	{
		{class: "waiting", text: "waiting"}, {class: "backoff", text: "waiting after a failure"}, {class: "running", text: "running, not ready"},
		{class: "ready", text: "ready"}, {class: "completed", text: "exit 0"}, {class: "failed", text: "exit not 0"},
	},
}

func triangle(class string) func(x, y float64) string {
	return func(x, y float64) string {
		return fmt.Sprintf(`<path class="%s" d="M%.1f %.1fl3.5 7h-7z"/>`, class, x+6, y+2)
	}
}

func (p *picture) legend(height float64) {
	for i, line := range keys {
		x, y := 100.0, height-legendHeight+16+20*float64(i)
		p.printf(`<text class="key" x="12" y="%.0f">%s</text>`+"\n", y+9, []string{"thin: the pod", "below: containers"}[i])
		for _, k := range line {
			switch {
			case k.mark != nil:
				p.printf("%s", k.mark(x+20, y))
			default:
				p.printf(`<rect class="%s" x="%.0f" y="%.0f" width="12" height="10"/>`, k.class, x+20, y)
			}
			p.printf(`<text class="key" x="%.0f" y="%.0f">%s</text>`+"\n", x+36, y+9, k.text)
			x += 42 + 5.9*float64(len(k.text))
		}
	}
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "\n", "&#10;")

func escape(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, s)
	return escaper.Replace(strings.ToValidUTF8(clean, "?"))
}

// style is the look of the picture, by day and by night.
const style = `
svg.podlife{font:12px system-ui,sans-serif;--ink:#1f2933;--faint:#7b8794;--line:#e4e7eb;--paper:#fff}
@media (prefers-color-scheme:dark){svg.podlife{--ink:#e4e7eb;--faint:#9aa5b1;--line:#323f4b;--paper:#16202b}}
.podlife .paper{fill:var(--paper)}.podlife text{fill:var(--ink)}.podlife .title{font-size:15px;font-weight:600}
.podlife .grid{stroke:var(--line)}.podlife .tick{fill:var(--faint);font-size:11px;text-anchor:middle}
.podlife .name{font-weight:600}.podlife .container{fill:var(--faint);text-anchor:end;font-size:11px}.podlife .key{font-size:11px}
.podlife .phase-pending{fill:#e3b23c}.podlife .phase-running{fill:#3a7ca5}.podlife .phase-succeeded{fill:#6b7a90}
.podlife .phase-failed,.podlife .failed{fill:#d1495b}.podlife .phase-unknown{fill:#8d6cab}
.podlife .waiting{fill:#c3cad3}.podlife .backoff{fill:#edb4bb}.podlife .running{fill:#8ec3f0}.podlife .ready{fill:#2c8f5a}.podlife .completed{fill:#6b7a90}
.podlife .outage{fill:#d1495b;fill-opacity:.16}.podlife .normal{fill:#9aa5b1}.podlife .warning{fill:#e07b00}
.podlife .deletion{stroke:var(--ink);stroke-dasharray:3 2}.podlife .note line{stroke:#8d6cab;stroke-dasharray:1 3}
.podlife .note circle{fill:#8d6cab}.podlife .note text{fill:#fff;font-size:10px;text-anchor:middle}
.podlife rect:hover,.podlife path:hover{filter:brightness(1.15);stroke:var(--ink);stroke-width:.6}
.podlife .paper:hover{filter:none;stroke:none}`
