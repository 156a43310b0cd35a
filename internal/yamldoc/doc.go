// Package yamldoc reads YAML and JSON into trees that know where everything
// stands in the text, and decodes trees into Go types by their json tags.
package yamldoc
