package pod

// jsonRoom is what the JSON of a typical pod with its status fits in.
const jsonRoom = 6 << 10

// AppendJSON appends the pod's JSON to dst and returns the extended buffer: the
// fields that encoding/json would write, in the same order. The pod is not
// changed.
func (p *Pod) AppendJSON(dst []byte) []byte {
	if cap(dst) == 0 {
		dst = make([]byte, 0, jsonRoom)
	}
	dst, err := podCodec.AppendJSON(dst, p)
	if err != nil {
		panic("pod: a type of this package cannot be encoded: " + err.Error())
	}
	return dst
}

// EncodeYAML returns the pod as one YAML document in block style, apiVersion,
// kind and metadata first, then the fields in the order of the Go types. Empty
// structs that mean nothing (status: {}, resources: {}) are left out. Parse
// reads it back as an equal pod.
func (p *Pod) EncodeYAML() []byte {
	text, err := podCodec.AppendYAML(nil, p, "apiVersion", "kind")
	if err != nil {
		panic("pod: a type of this package cannot be encoded: " + err.Error())
	}
	return text
}
