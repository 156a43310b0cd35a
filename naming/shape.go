package naming

// A class is a set of kinds of bytes, one bit each.
type class uint16

const (
	lower class = 1 << iota
	upper
	digit
	dash
	dot
	underscore
	slash
	list  // ',' and ':'
	delim // what else may stand in the path of a URL: ~ % ! $ & ' ( ) * + ; =
)

const (
	letter     = lower | upper
	lowerAlnum = lower | digit
	alnum      = letter | digit
	urlPath    = alnum | dash | dot | underscore | slash | list | delim
)

// classes gives each byte its class; 0 for those that no rule of shapes knows.
var classes = classTable()

func classTable() (t [256]class) {
	for b := range t {
		t[b] = classOf(byte(b))
	}
	return t
}

func classOf(b byte) class {
	switch {
	case 'a' <= b && b <= 'z':
		return lower
	case 'A' <= b && b <= 'Z':
		return upper
	case '0' <= b && b <= '9':
		return digit
	}
	switch b {
	case '-':
		return dash
	case '.':
		return dot
	case '_':
		return underscore
	case '/':
		return slash
	case ',', ':':
		return list
	case '~', '%', '!', '$', '&', '\'', '(', ')', '*', '+', ';', '=':
		return delim
	}
	return 0
}

// A shape is the form that most names have: parts with one separator byte
// between two of them; a part is one start byte, then inner bytes, and its last
// is an end byte.
//
// start must lie within end, and join must not meet inner. Every string
// field is the Detail of a fault.
type shape struct {
	lead  class // may stand once before the start of a part; within inner, outside end; 0 for none
	start class // the first byte of a part
	inner class // the bytes of a part
	end   class // the last byte of a part
	join  class // the byte between two parts; 0 when there is one part only
	must  class // of these there must be one somewhere; 0 for no such demand
	max   int   // the longest name in bytes; 0 for no limit

	starts string
	holds  string
	ends   string
	lacks  string // for must
	long   string // for max
}

const (
	wantSome = "must not be empty"
	want15   = "must be no more than 15 bytes"
	want63   = "must be no more than 63 bytes"
	want253  = "must be no more than 253 bytes"
)

// scan is the one scan of s: it ends at the first fault, and never reads more
// than max bytes.
func (p *shape) scan(s string) fault {
	if s == "" {
		return fault{0, wantSome}
	}
	f, last, seen := p.walk(s)
	switch {
	case !f.ok():
		return f
	case last&p.end == 0:
		return fault{len(s), p.ends}
	case p.must != 0 && seen&p.must == 0:
		return fault{len(s), p.lacks}
	}
	return fault{}
}

// walk scans s without asking for more at its end. It returns the class of the
// last byte, and those of all.
func (p *shape) walk(s string) (f fault, last, seen class) {
	head := s
	if p.max > 0 && len(s) > p.max {
		head = s[:p.max]
	}
	end, join, inner := p.end, p.join, p.inner
	next := p.start | p.lead
	for i := 0; i < len(head); i++ {
		last = classes[head[i]]
		if last&next == 0 {
			return fault{i, p.explain(last, next)}, last, seen
		}
		seen |= last
		switch {
		case last&end != 0:
			next = inner | join
		case last&join != 0:
			next = p.start | p.lead
		case last&p.lead != 0 && next == p.start|p.lead:
			next = p.start
		default:
			next = inner
		}
	}
	if len(head) < len(s) {
		return fault{len(head), p.long}, last, seen
	}
	return fault{}, last, seen
}

// explain says what was expected where one of next was, and found was not.
func (p *shape) explain(found, next class) string {
	switch {
	case next&^(p.start|p.lead) == 0:
		return p.starts
	case found&p.join != 0:
		return p.ends
	}
	return p.holds
}

// span returns how many bytes at the front of s are of the classes in set.
func span(s string, set class) int {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&set == 0 {
			return i
		}
	}
	return len(s)
}
