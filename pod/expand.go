package pod

import (
	"fmt"
	"slices"
	"strings"
)

// Expand replaces each $(NAME) in s by the value that lookup has for it. A reference that lookup does not know stays as
// it is, $$ becomes $, and any other $ stands for itself. What is put in is not expanded again.
// See https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/.
func Expand(s string, lookup func(name string) (value string, ok bool)) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if after == "" {
			b.WriteByte('$')
			return b.String()
		}
		s = expandOne(&b, after, lookup)
	}
}

// expandOne writes what stands for a $ and the text after it that belongs to it, and returns the rest.
func expandOne(b *strings.Builder, after string, lookup func(string) (string, bool)) string {
	if after[0] == '$' {
		b.WriteByte('$')
		return after[1:]
	}
	name, rest, closed := strings.Cut(after[1:], ")")
	if after[0] != '(' || !closed {
		b.WriteByte('$')
		b.WriteByte(after[0])
		return after[1:]
	}
	if value, ok := lookup(name); ok {
		b.WriteString(value)
	} else {
		b.WriteString("$(" + name + ")")
	}
	return rest
}

// lookupIn finds variables in a list; of two with one name the later counts.
func lookupIn(vars []EnvVar) func(string) (string, bool) {
	values := make(map[string]string, len(vars))
	for _, v := range vars {
		values[v.Name] = v.Value
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// CommandAndArgs are the command and the arguments of c with the variables of its environment put in, nil where c has
// none. The caller owns them.
// See https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/#use-environment-variables-to-define-arguments.
func CommandAndArgs(c *Container, environment []EnvVar) (command, args []string) {
	lookup := lookupIn(environment)
	return expandAll(c.Command, lookup), expandAll(c.Args, lookup)
}

// ProbeCommand is the command of an exec probe of c as it is run: with those variables of c.Env put in whose value stands in the
// spec. One with a valueFrom counts as empty there, and a reference to what is not in c.Env stays as it is. The command of a hook is
// run as it stands. The caller owns the result.
func ProbeCommand(c *Container, command []string) []string {
	return expandAll(command, lookupIn(c.Env))
}

func expandAll(words []string, lookup func(string) (string, bool)) []string {
	var all []string
	for _, word := range words {
		all = append(all, Expand(word, lookup))
	}
	return all
}

// ExpandSubPath is the subPathExpr of a mount with the variables of the container's environment put in. It fails where
// one of them does not exist or is empty.
// See https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment.
func ExpandSubPath(expr string, environment []EnvVar) (string, error) {
	find := lookupIn(environment)
	var missing []string
	expanded := Expand(expr, func(name string) (string, bool) {
		value, _ := find(name)
		if value == "" && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		return value, true
	})
	if len(missing) > 0 {
		slices.Sort(missing)
		return "", fmt.Errorf("missing value for %s", strings.Join(missing, ", "))
	}
	return expanded, nil
}
