package object

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/podlife/podlife/pod"
)

// Custom is an object of any other kind. What is not metadata stays as it is written, field by field.
type Custom struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	// Fields are the other fields of the object, spec and status among them.
	Fields map[string]Raw `json:"-"`
}

// MarshalJSON writes kind, metadata and Fields as one object, in the order of the names.
func (c *Custom) MarshalJSON() ([]byte, error) {
	all := map[string]any{"apiVersion": c.APIVersion, "kind": c.Kind, "metadata": &c.ObjectMeta}
	for name, value := range c.Fields {
		all[name] = value
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads an object of any kind.
func (c *Custom) UnmarshalJSON(b []byte) error {
	var fields map[string]Raw
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	return c.take(fields)
}

// take reads what is known of the fields, and keeps the rest.
func (c *Custom) take(fields map[string]Raw) error {
	var next Custom
	known := map[string]any{"apiVersion": &next.APIVersion, "kind": &next.Kind, "metadata": &next.ObjectMeta}
	for name, into := range known {
		if value, ok := fields[name]; ok && value.JSON != nil {
			if err := json.Unmarshal(value.JSON, into); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	next.Fields = maps.Clone(fields)
	maps.DeleteFunc(next.Fields, func(name string, _ Raw) bool { return known[name] != nil })
	*c = next
	return nil
}
