package history

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// HTML writes the timeline as one page that needs no other file and no network: the picture, what lies under the pointer in
// words, what was done, and every event. It reads without scripts too; then the pointer shows the browser's own hints.
func HTML(w io.Writer, t Timeline) error {
	p := newPicture(&t)
	p.printf("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n")
	p.printf("<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", escape(pageTitle(&t)), pageStyle)
	p.draw()
	p.printf("<p id=\"under\" aria-live=\"polite\">Point at something to read what it is.</p>\n")
	p.noteList()
	p.eventTable()
	p.printf("</main>\n<script>%s</script>\n</body>\n</html>\n", pageScript)
	_, err := io.WriteString(w, p.b.String())
	return err
}

func pageTitle(t *Timeline) string {
	if t.Title == "" {
		return "Pods"
	}
	return t.Title
}

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
	p.printf("<h2>Events</h2>\n<table>\n<thead><tr><th>time<th>pod<th>type<th>reason<th>message</tr></thead>\n<tbody>\n")
	for _, e := range all {
		p.printf("<tr class=\"%s\"><td>%s<td>%s<td>%s<td>%s<td>%s</tr>\n", strings.ToLower(escape(e.event.Type)), timeText(e.at),
			escape(e.pod), escape(e.event.Type), escape(e.event.Reason), escape(eventMessage(e.event)))
	}
	p.printf("</tbody>\n</table>\n")
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
#under{min-height:4.5em;white-space:pre-line;font-variant-numeric:tabular-nums;opacity:.85}
h2{font-size:16px;margin:1.2em 0 .4em}
time,td:first-child{font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}
th{text-align:left}
td,th{padding:2px 10px 2px 0;vertical-align:top;border-bottom:1px solid color-mix(in srgb,CanvasText 12%,transparent)}
tr.warning td{color:#e07b00}`

const pageScript = `
const under = document.getElementById("under"), empty = under.textContent;
document.querySelector("svg").addEventListener("pointermove", e => {
  const t = e.target.closest("rect,path,line,g.note,text")?.querySelector(":scope > title");
  under.textContent = t ? t.textContent : empty;
});`
