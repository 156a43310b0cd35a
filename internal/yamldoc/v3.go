package yamldoc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// fallbackMarks is how many characters that can separate values a document may
// have that only yaml.v3 can read: that parser takes some 300 bytes a value.
const fallbackMarks = 200_000

// readV3 reads what b stands at with yaml.v3, which knows all of YAML where
// the scanner knows what manifests use.
func readV3(b builder) ([][]node, *Fault) {
	lo, text := b.pos, b.src[b.pos:]
	if marks(text) > fallbackMarks {
		return nil, &Fault{Type: Syntax, offset: lo, Detail: fmt.Sprintf(
			"a document with complex keys, tags or multi-line quoted strings may have no more than %d values", fallbackMarks)}
	}
	lines := lineStarts(text, lo)
	dec := yaml.NewDecoder(strings.NewReader(text))
	var docs [][]node
	for {
		var root yaml.Node
		switch err := decodeV3(dec, &root); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return docs, v3Fault(err, lines, b.src)
		}
		c := converter{builder: b, lines: lines, anchors: map[*yaml.Node]int32{}}
		if len(root.Content) != 1 {
			continue
		}
		if !c.convert(root.Content[0]) {
			return docs, c.fault
		}
		docs = append(docs, c.nodes)
		b.room -= len(c.nodes)
	}
}

// decodeV3 turns a panic of the parser into an error.
func decodeV3(dec *yaml.Decoder, root *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("yaml: the parser cannot read this text")
		}
	}()
	return dec.Decode(root)
}

// marks counts the characters of s that can begin or separate values.
func marks(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\n', ',', ':', '-', '[', '{', '?':
			n++
		}
	}
	return n
}

// lineStarts returns the offsets at which lines begin, counting as line breaks
// all that YAML 1.1 does.
func lineStarts(s string, base int) []int {
	starts := []int{base}
	for i := 0; i < len(s); {
		n := 0
		switch {
		case s[i] == '\n', s[i] == '\r' && !strings.HasPrefix(s[i+1:], "\n"):
			n = 1
		case s[i] == '\r':
			n = 2
		case strings.HasPrefix(s[i:], "\u0085"):
			n = 2
		case strings.HasPrefix(s[i:], "\u2028"), strings.HasPrefix(s[i:], "\u2029"):
			n = 3
		}
		if i += max(n, 1); n > 0 {
			starts = append(starts, base+i)
		}
	}
	return starts
}

var (
	v3Line   = regexp.MustCompile(`^line (\d+): `)
	v3Anchor = regexp.MustCompile(`^unknown anchor '(.+)' referenced$`)
)

// parserFault reports whether the fault is of yaml.v3's parser, which counts lines from 0, and not of its scanner, which
// counts them from 1.
func parserFault(detail string) bool {
	what, found := strings.CutPrefix(detail, "did not find expected ")
	if !found {
		return false
	}
	for _, expected := range []string{"node content", "key", "'-' indicator", "',' or", "<"} {
		if strings.HasPrefix(what, expected) {
			return true
		}
	}
	return false
}

func v3Fault(err error, lines []int, text string) *Fault {
	detail := strings.TrimPrefix(err.Error(), "yaml: ")
	f := &Fault{Type: Syntax, offset: lines[0]}
	if m := v3Line.FindStringSubmatch(detail); m != nil {
		detail = detail[len(m[0]):]
		line, _ := strconv.Atoi(m[1])
		if parserFault(detail) {
			line++
		}
		f.offset = lines[max(0, min(line, len(lines))-1)]
		for f.offset < len(text) && text[f.offset] == ' ' {
			f.offset++
		}
	}
	if m := v3Anchor.FindStringSubmatch(detail); m != nil {
		if i := strings.Index(text[lines[0]:], "*"+m[1]); i >= 0 {
			f.offset = lines[0] + i
		}
	}
	f.Detail = "not valid YAML: " + detail
	return f
}

// converter makes our nodes of yaml.v3's.
type converter struct {
	builder
	lines   []int
	anchors map[*yaml.Node]int32
	last    struct{ line, column, at int } // of the last node: the next is on the same line, or the walk begins anew
}

func (c *converter) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(c.lines) {
		return c.lines[0]
	}
	at, column := c.lines[n.Line-1], 1
	if c.last.line == n.Line && c.last.column <= n.Column {
		at, column = c.last.at, c.last.column
	}
	for ; column < n.Column && at < len(c.src); column++ {
		_, size := utf8.DecodeRuneInString(c.src[at:])
		at += size
	}
	c.last.line, c.last.column, c.last.at = n.Line, column, at
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		at = skipProperties(c.src, at)
	}
	return at
}

// skipProperties goes from the anchor or tag of a value to the value.
func skipProperties(s string, at int) int {
	for at < len(s) {
		switch s[at] {
		case '&', '!':
			for at < len(s) && strings.IndexByte(" \t\r\n", s[at]) < 0 {
				at++
			}
		case '#':
			for at < len(s) && s[at] != '\n' {
				at++
			}
		case ' ', '\t', '\r', '\n':
			at++
		default:
			return at
		}
	}
	return at
}

func (c *converter) convert(n *yaml.Node) bool {
	if n.Anchor != "" {
		c.anchors[n] = int32(len(c.nodes))
	}
	at := c.offset(n)
	switch n.Kind {
	case yaml.ScalarNode:
		return c.scalar(n, at)
	case yaml.AliasNode:
		target, ok := c.anchors[n.Alias]
		if !ok {
			return c.fail(at, "unknown anchor "+strconv.Quote(n.Value))
		}
		i, ok := c.add(formAlias, n.Value, at)
		if ok {
			c.nodes[i].link = target
		}
		return ok
	case yaml.SequenceNode:
		return c.sequence(n, at)
	case yaml.MappingNode:
		return c.mapping(n, at)
	}
	return c.fail(at, "not valid YAML")
}

func (c *converter) sequence(n *yaml.Node, at int) bool {
	self, ok := c.open(formSequence, at)
	for _, item := range n.Content {
		ok = ok && c.convert(item)
	}
	if ok {
		c.close(self, int32(len(n.Content)))
	}
	return ok
}

func (c *converter) mapping(n *yaml.Node, at int) bool {
	self, ok := c.open(formMapping, at)
	for i := 0; ok && i+1 < len(n.Content); i += 2 {
		ok = c.mapKey(n.Content[i]) && c.convert(n.Content[i+1])
	}
	if ok {
		c.close(self, int32(len(n.Content)/2))
	}
	return ok
}

// mapKey converts a key. An alias as a key becomes what it stands for.
func (c *converter) mapKey(k *yaml.Node) bool {
	at := c.offset(k)
	if k.Kind == yaml.AliasNode && k.Alias != nil {
		k = k.Alias
	} else if k.Anchor != "" {
		c.anchors[k] = int32(len(c.nodes))
	}
	if k.Kind != yaml.ScalarNode {
		return c.fail(at, "a list or mapping cannot be a key")
	}
	return c.scalar(k, at)
}

func (c *converter) scalar(n *yaml.Node, at int) bool {
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		return c.tagged(n, at)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return c.leaf(formString, n.Value, at)
	case n.Value == "":
		return c.leaf(formNull, "", at)
	}
	return c.leaf(formPlain, n.Value, at)
}

// tagged converts a scalar with an explicit tag. Unknown tags mean a string.
func (c *converter) tagged(n *yaml.Node, at int) bool {
	r := resolvePlain(n.Value)
	switch n.ShortTag() {
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(n.Value)
		if err != nil {
			return c.fail(at, "the !!binary value is not base64")
		}
		return c.leaf(formString, strings.ToValidUTF8(string(data), "\ufffd"), at)
	case "!!null":
		return c.fits(n, at, r.Kind == Null, formNull, "")
	case "!!bool":
		return c.fits(n, at, r.Kind == Bool, formBool, r.Text)
	case "!!int":
		return c.fits(n, at, r.Kind == Number && isInteger(r.Text), formNumber, r.Text)
	case "!!float":
		return c.fits(n, at, r.Kind == Number, formNumber, r.Text)
	}
	return c.leaf(formString, n.Value, at)
}

func (c *converter) fits(n *yaml.Node, at int, ok bool, f form, text string) bool {
	if !ok {
		return c.fail(at, fmt.Sprintf("%q is not a %s", n.Value, n.ShortTag()))
	}
	return c.leaf(f, text, at)
}

func isInteger(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	return err == nil && f == math.Trunc(f) && strings.IndexByte(number, '.') < 0
}
