package pod

import (
	"fmt"
	"strings"
)

// maxFileLine is the length in bytes of the longest line that an environment file may have.
const maxFileLine = 64<<10 - 1

// variableInFile is the value of the first variable of this name in an environment file, empty if it has none. A file
// that is malformed before that place is an error; what comes after is not looked at.
//
// A line is NAME='value', the value perhaps of several lines and with nothing special but the quote that ends it, and
// a comment after it; or a comment, which begins with #; or blank. A blank after = makes the value empty (KEP-3721).
func variableInFile(content []byte, name string) (string, error) {
	lines := fileLines{rest: string(content)}
	for {
		line, ok, err := lines.next()
		if !ok || err != nil {
			return "", err
		}
		line = trimBlanks(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, err := lines.assignment(line)
		if err != nil || key == name {
			return value, err
		}
	}
}

func trimBlanks(s string) string { return strings.TrimLeft(s, " \t") }

// fileLines are the lines of a file not read yet.
type fileLines struct {
	rest   string
	number int
}

// next is the next line without its end; ok is false after the last.
func (l *fileLines) next() (line string, ok bool, err error) {
	if l.rest == "" {
		return "", false, nil
	}
	l.number++
	line, l.rest, _ = strings.Cut(l.rest, "\n")
	if len(line) > maxFileLine {
		return "", false, l.errorf("longer than %d bytes", maxFileLine)
	}
	return strings.TrimSuffix(line, "\r"), true, nil
}

func (l *fileLines) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", l.number, fmt.Sprintf(format, args...))
}

// assignment reads NAME='value', which begins with this line.
func (l *fileLines) assignment(line string) (name, value string, err error) {
	name, after, ok := strings.Cut(line, "=")
	switch {
	case !ok:
		return "", "", l.errorf("%q has no =", line)
	case strings.TrimRight(name, " \t") == "":
		return "", "", l.errorf("%q has no name before =", line)
	case strings.TrimRight(name, " \t") != name:
		return "", "", l.errorf("%q has a blank before =", line)
	case trimBlanks(after) != after:
		return name, "", nil
	}
	rest, ok := strings.CutPrefix(after, "'")
	if !ok {
		return "", "", l.errorf("the value of %q must stand in single quotes", name)
	}
	value, err = l.quoted(rest)
	return name, value, err
}

// quoted reads a value up to the quote that ends it, perhaps on a later line.
func (l *fileLines) quoted(rest string) (string, error) {
	var b strings.Builder
	for {
		text, after, closed := strings.Cut(rest, "'")
		b.WriteString(text)
		if closed {
			if after = trimBlanks(after); after != "" && after[0] != '#' {
				return "", l.errorf("%q after the closing quote", after)
			}
			return b.String(), nil
		}
		b.WriteByte('\n')
		line, ok, err := l.next()
		if err != nil {
			return "", err
		}
		if !ok {
			return "", l.errorf("a single quote is not closed")
		}
		rest = line
	}
}
