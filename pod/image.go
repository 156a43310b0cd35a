package pod

import (
	"errors"
	"fmt"
	"strings"
)

// Image is an image reference taken apart: a repository with its registry, and a tag, a digest or both.
// The zero value is no image. Values compare with ==.
//
// See https://kubernetes.io/docs/concepts/containers/images/#image-names.
type Image struct {
	// Repository is the full name, registry first: docker.io/library/busybox where the reference says busybox.
	Repository string
	// Tag is what follows the colon; latest where the reference has neither tag nor digest, else perhaps empty.
	Tag string
	// Digest is algorithm and hexadecimal digits, such as sha256:0123...; empty where the reference has none.
	Digest string
	// Pulled is the reference as a runtime is asked for it: as written, with :latest added where it has neither
	// tag nor digest. A short name stays short, so the runtime chooses the registry.
	Pulled string
}

// Bounds and fixed parts of an image reference.
const (
	defaultImageTag       = "latest"
	defaultRegistry       = "docker.io"
	formerDefaultRegistry = "index.docker.io"
	officialImages        = "library/"
	maxRepositoryPath     = 255
	maxTag                = 128
	minDigestDigits       = 32
	imageIDLength         = 64
)

var errImageFormat = errors.New("invalid reference format")

// ParseImage reads an image reference: [registry[:port]/]path[:tag][@digest].
//
// The error has the words Kubernetes shows to the user, and does not repeat the whole reference.
// See https://kubernetes.io/docs/concepts/containers/images/#image-names.
func ParseImage(ref string) (Image, error) {
	if len(ref) == imageIDLength && allBytes(ref, isLowerHexByte) {
		return Image{}, fmt.Errorf("invalid repository name (%s), cannot specify 64-byte hexadecimal strings", ref)
	}
	registry, rest := splitRegistry(ref)
	if path, _, _ := strings.Cut(rest, ":"); path != strings.ToLower(path) {
		return Image{}, fmt.Errorf("%w: repository name (%s) must be lowercase", errImageFormat, path)
	}
	img, err := parseFullImage(registry + "/" + rest)
	if err != nil {
		return Image{}, err
	}
	return img.withDefaultTag(ref), nil
}

// DefaultPullPolicy is the imagePullPolicy of a container that has this image and states none: Always for the
// tag latest, stated or implied, with or without a digest; IfNotPresent for all else, what does not parse included.
// See https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting.
func DefaultPullPolicy(image string) PullPolicy {
	if img, err := ParseImage(image); err == nil && img.Tag == defaultImageTag {
		return PullAlways
	}
	return PullIfNotPresent
}

// withDefaultTag completes img, which was read from ref.
func (img Image) withDefaultTag(ref string) Image {
	img.Pulled = ref
	if img.Tag == "" && img.Digest == "" {
		img.Tag = defaultImageTag
		img.Pulled += ":" + defaultImageTag
	}
	return img
}

// splitRegistry tells the registry of ref from the rest. A first part without a dot, a colon or a capital, other
// than localhost, is no registry.
func splitRegistry(ref string) (registry, rest string) {
	first, after, slash := strings.Cut(ref, "/")
	switch {
	case !slash:
		return defaultRegistry, officialImages + ref
	case first == formerDefaultRegistry:
		first = defaultRegistry
	case first == "localhost", strings.ContainsAny(first, ".:"), strings.ToLower(first) != first:
	default:
		return defaultRegistry, ref
	}
	if first == defaultRegistry && !strings.Contains(after, "/") {
		after = officialImages + after
	}
	return first, after
}

// parseFullImage reads a reference that begins with its registry.
func parseFullImage(ref string) (Image, error) {
	parts, ok := takeApart(ref)
	switch lower := strings.ToLower(ref); {
	case ok:
	case isFullImage(lower):
		return Image{}, errors.New("repository name must be lowercase")
	default:
		return Image{}, errImageFormat
	}
	if len(parts.path) > maxRepositoryPath {
		return Image{}, fmt.Errorf("repository name must not be more than %d characters", maxRepositoryPath)
	}
	if err := checkDigest(parts.digest); parts.digest != "" && err != nil {
		return Image{}, err
	}
	return Image{Repository: parts.name, Tag: parts.tag, Digest: parts.digest}, nil
}

// imageParts are a reference taken apart. The path is the name without its registry.
type imageParts struct{ name, path, tag, digest string }

// takeApart reports whether ref has the form of a reference, whatever its length and the algorithm of its digest.
func takeApart(ref string) (p imageParts, ok bool) {
	named, digest, digested := strings.Cut(ref, "@")
	slash := strings.LastIndexByte(named, '/')
	last, tag, tagged := strings.Cut(named[slash+1:], ":")
	p = imageParts{name: named[:slash+1] + last, tag: tag, digest: digest}
	first, path, _ := strings.Cut(p.name, "/")
	if !isRegistry(first) {
		path = p.name
	}
	p.path = path
	return p, isRepositoryPath(path) && (!tagged || isImageTag(tag)) && (!digested || looksLikeDigest(digest))
}

func isFullImage(ref string) bool {
	_, ok := takeApart(ref)
	return ok
}

// isRegistry checks a host name or an IPv6 address in brackets, and a port after it.
func isRegistry(s string) bool {
	host, port := s, "0"
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
	}
	if port == "" || !allBytes(port, isDigitByte) {
		return false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		return closed && inner != "" && allBytes(inner, func(c byte) bool { return c == ':' || isHexByte(c) })
	}
	for label := range strings.SplitSeq(host, ".") {
		if !isHostLabel(label) {
			return false
		}
	}
	return true
}

func isHostLabel(s string) bool {
	return s != "" && s[0] != '-' && s[len(s)-1] != '-' &&
		allBytes(s, func(c byte) bool { return isAlphanumericByte(c) || c == '-' })
}

func isRepositoryPath(s string) bool {
	for component := range strings.SplitSeq(s, "/") {
		if !isRepositoryComponent(component) {
			return false
		}
	}
	return true
}

// isRepositoryComponent checks runs of small letters and digits with one separator between each two.
func isRepositoryComponent(s string) bool {
	for {
		run := prefixLength(s, isLowerAlphanumericByte)
		if run == 0 {
			return false
		}
		s = s[run:]
		if s == "" {
			return true
		}
		separator := prefixLength(s, func(c byte) bool { return !isLowerAlphanumericByte(c) })
		if !isPathSeparator(s[:separator]) {
			return false
		}
		s = s[separator:]
	}
}

func isPathSeparator(s string) bool {
	return s == "." || s == "_" || s == "__" || allBytes(s, func(c byte) bool { return c == '-' })
}

func isImageTag(s string) bool {
	return s != "" && len(s) <= maxTag && s[0] != '.' && s[0] != '-' &&
		allBytes(s, func(c byte) bool { return isAlphanumericByte(c) || c == '_' || c == '.' || c == '-' })
}

// looksLikeDigest checks the form of a digest, whatever its algorithm: words, each beginning with a letter and
// joined by one of -_+. then a colon and 32 or more hexadecimal digits.
func looksLikeDigest(s string) bool {
	algorithm, digits, ok := strings.Cut(s, ":")
	if !ok || len(digits) < minDigestDigits || !allBytes(digits, isHexByte) {
		return false
	}
	return wordsBeginWithLetter(algorithm)
}

// wordsBeginWithLetter checks words of letters and digits, with one separator between each two.
func wordsBeginWithLetter(s string) bool {
	start := true
	for i := range len(s) {
		separator := strings.IndexByte("-_+.", s[i]) >= 0
		if start && !isLetterByte(s[i]) || !separator && !isAlphanumericByte(s[i]) {
			return false
		}
		start = separator
	}
	return !start
}

// checkDigest checks algorithm and length of what looksLikeDigest accepts.
func checkDigest(s string) error {
	algorithm, digits, _ := strings.Cut(s, ":")
	want, ok := map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}[algorithm]
	switch {
	case !ok:
		return errors.New("unsupported digest algorithm")
	case len(digits) != want:
		return errors.New("invalid checksum digest length")
	case !allBytes(digits, isLowerHexByte):
		return errors.New("invalid checksum digest format")
	}
	return nil
}

// prefixLength counts the bytes at the start of s that are in the set.
func prefixLength(s string, in func(byte) bool) int {
	for i := range len(s) {
		if !in(s[i]) {
			return i
		}
	}
	return len(s)
}

func allBytes(s string, in func(byte) bool) bool { return prefixLength(s, in) == len(s) }

func isDigitByte(c byte) bool             { return '0' <= c && c <= '9' }
func isLowerByte(c byte) bool             { return 'a' <= c && c <= 'z' }
func isLetterByte(c byte) bool            { return isLowerByte(c | 0x20) }
func isLowerAlphanumericByte(c byte) bool { return isLowerByte(c) || isDigitByte(c) }
func isAlphanumericByte(c byte) bool      { return isLetterByte(c) || isDigitByte(c) }
func isLowerHexByte(c byte) bool          { return isDigitByte(c) || 'a' <= c && c <= 'f' }
func isHexByte(c byte) bool               { return isLowerHexByte(c) || isLetterByte(c) && isLowerHexByte(c|0x20) }
