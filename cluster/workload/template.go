package workload

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"reflect"
	"strconv"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
)

// identicalTemplates reports whether a and b are the same field by field, but for the hash that a ReplicaSet's template carries.
func identicalTemplates(a, b *pod.Template) bool {
	return sameLabels(a.Labels, b.Labels) && sameLabels(b.Labels, a.Labels) && len(a.Annotations) == len(b.Annotations) &&
		reflect.DeepEqual(&a.Spec, &b.Spec) && reflect.DeepEqual(templateMeta(a), templateMeta(b))
}

// sameLabels reports whether b has all that a has, but for the hash.
func sameLabels(a, b map[string]string) bool {
	for key, value := range a {
		if key == templateHashLabel {
			continue
		}
		if got, ok := b[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// templateMeta is t's metadata without labels.
func templateMeta(t *pod.Template) *pod.ObjectMeta {
	m := t.ObjectMeta
	m.Labels = nil
	return &m
}

// equalTemplates reports whether a and b say the same once both are defaulted.
func equalTemplates(a, b *pod.Template) bool {
	return sameLabels(a.Labels, b.Labels) && sameLabels(b.Labels, a.Labels) && bytes.Equal(spelledOut(a), spelledOut(b))
}

func spelledOut(t *pod.Template) []byte {
	own := t.Clone()
	own.Labels = nil
	pod.SetTemplateDefaults(own)
	return encoded(own)
}

// encoded is v as JSON. What the API holds can always be written.
func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("workload: " + err.Error())
	}
	return text
}

// hashOf is a hash of text that may stand in a name. Where two texts of one owner have the same hash, collisions tells them apart.
func hashOf(text []byte, collisions *int32) string {
	h := fnv.New32a()
	h.Write(text)
	if collisions != nil {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(*collisions)))
	}
	return naming.SafeEncode(strconv.FormatUint(uint64(h.Sum32()), 10))
}
