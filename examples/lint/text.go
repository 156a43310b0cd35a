package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// printText prints faults as compilers do; on a terminal with the line in question and a caret below it.
func printText(w io.Writer, r *Result) error {
	for _, f := range r.Faults {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
		if f.text != "" && isTerminal(w) {
			fmt.Fprint(w, f.excerpt())
		}
	}
	_, err := fmt.Fprintf(w, "%s in %s of %s\n", count(len(r.Faults), "fault"), count(r.Pods, "pod"), count(r.Files, "file"))
	return err
}

// String is "file:line:column: path: message" without the parts that are not known.
func (f Fault) String() string {
	out := f.File + ":"
	if f.Line > 0 {
		out += fmt.Sprintf("%d:%d:", f.Line, f.Column)
	}
	if f.Path != "" {
		out += " " + f.Path + ":"
	}
	return out + " " + f.Message
}

// excerpt is the line with a caret below the fault.
func (f Fault) excerpt() string {
	line := []rune(strings.ReplaceAll(strings.TrimRight(f.text, "\r"), "\t", " "))
	from := 0
	if f.Column > 100 {
		from = f.Column - 50
	}
	end := min(len(line), from+120)
	from = min(from, end)
	return fmt.Sprintf("%6d | %s\n       | %*s\n", f.Line, string(line[from:end]), max(f.Column-from, 1), "^")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func printJSON(w io.Writer, r *Result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
