package naming

// Alphabet holds the 27 characters of generated names, as Kubernetes has them:
// no vowels and nothing that looks like one, so that no words come out.
const Alphabet = "bcdfghjklmnpqrstvwxz2456789"

const (
	// GeneratedMax is the longest generated name, in bytes.
	GeneratedMax = 63
	// GeneratedSuffix is how many characters a generated name has after its base.
	GeneratedSuffix = 5
)

// Generate returns the name that generateName makes: base, cut to 58 bytes, and
// 5 characters of Alphabet.
//
// intn is the source of randomness; it answers a number of [0, n), as the method
// IntN of a math/rand/v2 Rand does. It is called 5 times, with 27. A number
// outside the range is brought into it.
//
// Generate does not look at base: its result is an RFC 1123 subdomain where base
// followed by a letter is one. Names may come out twice; who needs a unique one
// asks again.
//
// https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values
func Generate(base string, intn func(n int) int) string {
	var buf [GeneratedMax]byte
	name := append(buf[:0], base[:min(len(base), GeneratedMax-GeneratedSuffix)]...)
	for range GeneratedSuffix {
		i := uint(intn(len(Alphabet))) % uint(len(Alphabet))
		name = append(name, Alphabet[i])
	}
	return string(name)
}

// SafeEncode returns s with each byte replaced by one of Alphabet, by its value
// modulo 27: how Kubernetes writes a hash in decimal digits into a name, as in
// the label pod-template-hash.
//
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
func SafeEncode(s string) string {
	encoded := make([]byte, len(s))
	for i := range encoded {
		encoded[i] = Alphabet[int(s[i])%len(Alphabet)]
	}
	return string(encoded)
}
