package history

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// HTML writes timelines as one page that needs no other file and no network: each picture, what was done, every event, and what
// lies under the pointer in words. It reads without scripts too; then the pointer shows the browser's own hints.
func HTML(w io.Writer, timelines ...Timeline) error {
	title := "Pods"
	if len(timelines) == 1 && timelines[0].Title != "" {
		title = timelines[0].Title
	}
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, escape(title), pageStyle)
	for i := range timelines {
		p := newPicture(&timelines[i])
		p.printf("<section>\n")
		p.draw()
		p.noteList()
		p.eventTable()
		p.printf("</section>\n")
		b.WriteString(p.b.String())
	}
	fmt.Fprintf(&b, "</main>\n<p id=\"under\" aria-live=\"polite\" hidden></p>\n<script>%s</script>\n</body>\n</html>\n", pageScript)
	_, err := io.WriteString(w, b.String())
	return err
}

const pageHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
<style>%s</style>
</head>
<body>
<main>
`

func (p *picture) noteList() {
	if len(p.t.Notes) == 0 {
		return
	}
	p.printf("<h2>What was done</h2>\n<ol>\n")
	for _, n := range p.t.Notes {
		p.printf("<li><time>%s</time> %s</li>\n", timeText(n.At.Seconds()), escape(n.Text))
	}
	p.printf("</ol>\n")
}

// told is an event of one of the pods.
type told struct {
	at    float64
	pod   string
	event Event
}

func (p *picture) eventTable() {
	var all []told
	for _, l := range p.t.Lives {
		for _, e := range l.History.Events {
			all = append(all, told{l.Born.Seconds() + e.T, l.Name, e})
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b told) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	p.printf("<details>\n<summary>%d events</summary>\n<table>\n<thead><tr><th>time<th>pod<th>type<th>reason<th>message</tr></thead>\n<tbody>\n", len(all))
	for _, e := range all {
		p.printf("<tr class=\"%s\"><td>%s<td>%s<td>%s<td>%s<td>%s</tr>\n", strings.ToLower(escape(e.event.Type)), timeText(e.at),
			escape(e.pod), escape(e.event.Type), escape(e.event.Reason), escape(eventMessage(e.event)))
	}
	p.printf("</tbody>\n</table>\n</details>\n")
}

func eventMessage(e Event) string {
	if e.Count > 1 {
		return fmt.Sprintf("%s (×%d)", e.Message, e.Count)
	}
	return e.Message
}

const pageStyle = `
:root{color-scheme:light dark}
body{margin:0;font:14px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{max-width:1200px;margin:0 auto;padding:12px}
svg{max-width:100%;height:auto}
#under{position:fixed;margin:0;padding:6px 10px;max-width:60ch;white-space:pre-line;pointer-events:none;border-radius:4px;
font-variant-numeric:tabular-nums;background:CanvasText;color:Canvas;opacity:.93}
section{margin-bottom:2em}
summary{cursor:pointer}
h2{font-size:16px;margin:1.2em 0 .4em}
time,td:first-child{font-variant-numeric:tabular-nums}
li time{display:inline-block;min-width:5.5em}
table{border-collapse:collapse;width:100%}
th{text-align:left}
td,th{padding:2px 10px 2px 0;vertical-align:top;border-bottom:1px solid color-mix(in srgb,CanvasText 12%,transparent)}
tr.warning td{color:#e07b00}`

const pageScript = `
const under = document.getElementById("under");
document.querySelectorAll("svg.podlife title").forEach(t => { t.parentNode.dataset.told = t.textContent; t.remove(); });
document.addEventListener("pointermove", e => {
  const at = e.target.closest("[data-told]:not(svg)");
  under.hidden = !at;
  if (!at) return;
  under.textContent = at.dataset.told;
  const right = e.clientX + 14 + under.offsetWidth > innerWidth;
  under.style.left = (right ? e.clientX - 14 - under.offsetWidth : e.clientX + 14) + "px";
  under.style.top = Math.min(e.clientY + 14, innerHeight - under.offsetHeight - 4) + "px";
});`
