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
	delim // what else may stand in the path of a URL: ~ % ! $ & ' ( ) * + ;
	equal // '='
	rest  // what else is printable in ASCII
)

const (
	letter     = lower | upper
	lowerAlnum = lower | digit
	alnum      = letter | digit
	urlPath    = alnum | dash | dot | underscore | slash | list | delim | equal
	printable  = urlPath | rest
)

// classes gives each byte its class; 0 for what is not printable ASCII.
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
	case '~', '%', '!', '$', '&', '\'', '(', ')', '*', '+', ';':
		return delim
	case '=':
		return equal
	}
	if ' ' <= b && b <= '~' {
		return rest
	}
	return 0
}

// A shape is the form that most names have: parts with one separator byte
// between two of them; a part is one start byte, then inner bytes, and its last
// is an end byte.
//
// start must lie within end, end within inner, and join must not meet inner.
// Every string field is the Detail of a fault.
type shape struct {
	lead  class // may stand once before the start of a part; within inner, outside end; 0 for none
	start class // the first byte of a part
	inner class // the bytes of a part
	end   class // the last byte of a part
	join  class // the byte between two parts; 0 when there is one part only
	max   int   // the longest name in bytes; 0 for no limit

	starts string
	holds  string
	ends   string
	long   string // for max
}

const (
	wantSome = "must not be empty"
	want63   = "must be no more than 63 bytes"
	want253  = "must be no more than 253 bytes"
)

// scan is the one scan of s: it ends at the first fault, and never reads more
// than max bytes. Of a run of end bytes it keeps the class of the first.
func (p *shape) scan(s string) fault {
	if s == "" {
		return fault{0, wantSome}
	}
	var last class
	head := s
	if p.max > 0 && len(s) > p.max {
		head = s[:p.max]
	}
	end, next := p.end, p.start|p.lead
	for i := 0; i < len(head); {
		last = classes[head[i]]
		if last&next == 0 {
			return fault{i, p.explain(last, next)}
		}
		i++
		switch {
		case last&end != 0:
			for i < len(head) && classes[head[i]]&end != 0 {
				i++
			}
			next = p.inner | p.join
		case last&p.join != 0:
			next = p.start | p.lead
		case last&p.lead != 0 && next == p.start|p.lead:
			next = p.start
		default:
			next = p.inner
		}
	}
	switch {
	case len(head) < len(s):
		return fault{len(head), p.long}
	case last&end == 0:
		return fault{len(s), p.ends}
	}
	return fault{}
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
