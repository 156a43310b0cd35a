package yamldoc

// The limits used where a field of Limits is zero.
const (
	DefaultSize    = 16 << 20
	DefaultDepth   = 250
	DefaultNodes   = 2_000_000
	DefaultAliased = 400_000
	DefaultDecoded = 512 << 20
)

// Limits bounds what an input may cost. A zero field means its default; a
// limit cannot be switched off, only raised.
type Limits struct {
	// Size is the length of the input in bytes (16 MiB).
	Size int
	// Depth is how deep mappings and sequences may nest in the text (250).
	Depth int
	// Nodes is how many keys, values, sequences and mappings one input may
	// hold (2,000,000).
	Nodes int
	// Aliased is how many nodes one decoded value may reach through aliases and
	// merge keys, each counted as often as it is reached (400,000).
	Aliased int
	// Decoded is how many bytes the Go values made out of one tree may take
	// (512 MiB); never more than 4 MiB plus 100 times the input's size.
	Decoded int
}

func (l Limits) filled() Limits {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&l.Size, DefaultSize)
	set(&l.Depth, DefaultDepth)
	set(&l.Nodes, DefaultNodes)
	set(&l.Aliased, DefaultAliased)
	set(&l.Decoded, DefaultDecoded)
	l.Size = min(l.Size, 1<<31-1)
	l.Nodes = min(l.Nodes, 1<<30)
	return l
}

// decodedBudget is the number of bytes that a text of the given size may
// become.
func (l Limits) decodedBudget(size int) int {
	return min(l.Decoded, 4<<20+100*size)
}
