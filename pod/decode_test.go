package pod_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func readText(t testing.TB, text string, opts pod.DecodeOptions) ([]pod.Object, []string) {
	t.Helper()
	objects, err := pod.Read("f.yaml", strings.NewReader(text), opts)
	if err == nil {
		return objects, nil
	}
	var all pod.DecodeErrors
	require.True(t, errors.As(err, &all), "%v", err)
	require.NotEmpty(t, all)
	return objects, strings.Split(all.Error(), "\n")
}

func readStream(t testing.TB) []pod.Object {
	t.Helper()
	text, err := os.ReadFile("testdata/decode/stream.yaml")
	require.NoError(t, err)
	objects, faults := readText(t, string(text), pod.DecodeOptions{})
	require.Empty(t, faults)
	return objects
}

func TestReadFindsEveryPodOfAStream(t *testing.T) {
	var got []string
	for _, o := range readStream(t) {
		line := fmt.Sprintf("%d %s %s %s/%s", o.Index, o.APIVersion, o.Kind, o.Namespace, o.Name)
		if o.Pod != nil {
			line += fmt.Sprintf(" -> %s %s %s/%s %s", o.Pod.APIVersion, o.Pod.Kind, o.Pod.Namespace, o.Pod.Name, o.Pod.Spec.Containers[0].Name)
		}
		got = append(got, line)
	}
	require.Equal(t, []string{
		"-1 v1 Service shop/front",
		"0 v1 Pod /single -> v1 Pod /single main",
		"1 apps/v1 Deployment shop/web -> v1 Pod shop/web-abcde web",
		"2 batch/v1 CronJob /a-very-long-name-that-leaves-no-room-for-a-suffix-of-its-own -> v1 Pod /a-very-long-name-that-leaves-no-room-for-a-suffix-of-its-oabcde c",
		"-1 v1 ConfigMap /m",
		"3 v1 PodTemplate /t -> v1 Pod /t-abcde p",
		"4 v1 Pod /untyped -> v1 Pod /untyped u",
		"5 batch/v1 Job /run- -> v1 Pod /run-abcde r",
	}, got)

	objects, faults := readText(t, "apiVersion: batch/v1\nkind: Job\nspec: {template: {metadata: {generateName: x}}}\n", pod.DecodeOptions{Suffix: "12345"})
	require.Empty(t, faults)
	require.Equal(t, "template-12345", objects[0].Pod.Name)
	require.Empty(t, objects[0].Pod.GenerateName)
}

func TestASourceKnowsWhereFieldsStand(t *testing.T) {
	objects := readStream(t)
	at := func(index int, path string) string {
		line, column, ok := objects[index].Source.Position(path)
		require.Equal(t, pod.Position{File: "f.yaml", Line: line, Column: column}, objects[index].Source.Locate(path))
		return fmt.Sprintf("%d:%d %t", line, column, ok)
	}
	for _, c := range []struct {
		index int
		path  string
		want  string
	}{
		{1, "spec.containers[0].image", "15:12 true"},
		{1, "spec.containers[1].image", "15:12 true"},
		{1, "spec.containers[1].command[1]", "19:18 true"},
		{1, "spec.containers[1].resources.limits[example.com/gpu]", "17:44 true"},
		{1, "spec.containers[1].livenessProbe.httpGet.port", "18:5 false"},
		{1, "metadata.namespace", "10:3 false"},
		{2, "spec.containers[0].name", "37:15 true"},
		{2, "metadata.labels[app]", "34:21 true"},
		{2, "metadata.name", "24:9 true"},
		{2, "metadata.namespace", "25:14 true"},
		{2, "spec.restartPolicy", "36:7 false"},
		{3, "spec.restartPolicy", "52:28 true"},
		{5, "spec.containers[0].image", "60:37 true"},
		{6, "spec.containers[0].name", "66:30 true"},
		{7, "metadata.name", "70:11 false"},
		{7, "metadata.generateName", "70:26 true"},
	} {
		require.Equal(t, c.want, at(c.index, c.path), "%d %s", c.index, c.path)
	}
	require.Equal(t, "    image: a:1", objects[1].Source.Line(15))
	require.Empty(t, objects[1].Source.Line(0))
	require.Empty(t, objects[1].Source.Line(9999))
	require.Nil(t, objects[0].Source)
}

func TestBadInputGivesClearErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"f.yaml: no YAML or JSON document in this file"}},
		{"comments", "# a\n---\n# b\n", []string{"f.yaml: no YAML or JSON document in this file"}},
		{"binary", "\x7fELF\x00\x00", []string{"f.yaml: a binary file, not YAML or JSON"}},
		{"text", "hello\n", []string{"f.yaml:1:1: expected an object with apiVersion and kind, found a string"}},
		{"list", "- a\n", []string{"f.yaml:1:1: expected an object with apiVersion and kind, found a list"}},
		{"syntax", "kind: Pod\n  spec: {}\n", []string{"f.yaml:2:3: a mapping cannot begin here, where the value above goes on"}},
		{"no kind", "apiVersion: v1\nmetadata: {}\n", []string{"f.yaml:1:1: kind: missing"}},
		{"empty kind", "apiVersion: v1\nkind: ''\n", []string{"f.yaml:2:7: kind: empty"}},
		{"no version", "kind: Pod\n", []string{"f.yaml:1:1: apiVersion: missing"}},
		{"wrong types", "apiVersion: 1\nkind: [Pod]\n", []string{
			"f.yaml:1:13: apiVersion: expected a string, found a number", "f.yaml:2:7: kind: expected a string, found a list",
		}},
		{"three parts", "apiVersion: a/b/c\nkind: Pod\n", []string{`f.yaml:1:13: apiVersion: expected GROUP/VERSION or v1, found "a/b/c"`}},
		{"wrong version", "apiVersion: v2\nkind: Pod\n", []string{`f.yaml:2:7: kind: no kind "Pod" in apiVersion "v2"; it is in "v1"`}},
		{"wrong group", "apiVersion: v1\nkind: Deployment\n", []string{`f.yaml:2:7: kind: no kind "Deployment" in apiVersion "v1"; it is in "apps/v1"`}},
		{"misspelt kind", "apiVersion: apps/v1\nkind: deploymnet\n", []string{`f.yaml:2:7: kind: no kind "deploymnet" in apiVersion "apps/v1" (did you mean "Deployment"?)`}},
		{"in a list", "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n- apiVersion: v1\n  kind: Pod\n  spec: {contaners: []}\n", []string{
			`f.yaml:4:3: items[0].apiVersion: missing`,
			`f.yaml:7:10: items[1].spec.contaners: unknown field "contaners" (did you mean "containers"?)`,
		}},
		{"misspelt fields", "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replica: 1\n  template:\n    spec:\n      containers:\n      - name: a\n        name: b\n        Image: c\n        ports: [{containerPort: http}]\n", []string{
			`f.yaml:4:3: spec.replica: unknown field "replica" (did you mean "replicas"?)`,
			`f.yaml:9:9: spec.template.spec.containers[0].name: duplicate field "name", first set on line 8`,
			`f.yaml:10:9: spec.template.spec.containers[0].Image: unknown field "Image" (did you mean "image"?)`,
			`f.yaml:11:33: spec.template.spec.containers[0].ports[0].containerPort: expected an integer of 32 bits, found the string "http"`,
		}},
		{"quantity", "apiVersion: v1\nkind: Pod\nspec:\n  overhead: {cpu: 1x, memory: yes}\n", []string{
			`f.yaml:4:19: spec.overhead[cpu]: quantity "1x": at offset 1: …`,
			`f.yaml:4:31: spec.overhead[memory]: quantity "true": at offset 0: …`,
		}},
		{"time", "apiVersion: v1\nkind: Pod\nmetadata: {creationTimestamp: yesterday, deletionTimestamp: 5}\n", []string{
			`f.yaml:3:31: metadata.creationTimestamp: time "yesterday": want RFC 3339, such as "2006-01-02T15:04:05Z"`,
			`f.yaml:3:61: metadata.deletionTimestamp: expected a time such as "2006-01-02T15:04:05Z", found a number`,
		}},
		{"port", "apiVersion: v1\nkind: Pod\nspec: {containers: [{livenessProbe: {httpGet: {port: 1.5}}}, {livenessProbe: {httpGet: {port: {}}}}, {livenessProbe: {httpGet: {port: 2147483648}}}]}\n", []string{
			`f.yaml:3:54: spec.containers[0].livenessProbe.httpGet.port: expected an integer of 32 bits or a string, found the number 1.5`,
			`f.yaml:3:95: spec.containers[1].livenessProbe.httpGet.port: expected an integer of 32 bits or a string, found a mapping`,
			`f.yaml:3:135: spec.containers[2].livenessProbe.httpGet.port: expected an integer of 32 bits or a string, found the number 2147483648`,
		}},
	} {
		objects, faults := readText(t, c.text, pod.DecodeOptions{})
		require.Len(t, faults, len(c.want), "%s: %q", c.name, faults)
		for i, want := range c.want {
			if start, cut := strings.CutSuffix(want, "…"); cut {
				require.True(t, strings.HasPrefix(faults[i], start), "%s: %s", c.name, faults[i])
				continue
			}
			require.Equal(t, want, faults[i], c.name)
		}
		for _, o := range objects {
			require.Equal(t, c.name == "in a list", o.Pod != nil, "%s: only unknown and duplicate fields leave a pod", c.name)
		}
	}
}

// endless is a reader of a file that has no end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func TestHugeFilesAreRefusedUnread(t *testing.T) {
	r := &endless{}
	_, err := pod.Read("huge.yaml", r, pod.DecodeOptions{})
	require.EqualError(t, err, "huge.yaml: larger than 16777216 bytes, the limit")
	require.Less(t, r.read, 40<<20)

	r = &endless{}
	_, err = pod.Read("huge.yaml", r, pod.DecodeOptions{Limits: pod.DecodeLimits{Size: 1000}})
	require.EqualError(t, err, "huge.yaml: larger than 1000 bytes, the limit")
	require.Less(t, r.read, 4096)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("no such disk") }

// What is left out is said to be: of one object, of a stream, and of documents that cannot be read.
func TestFaultsLeftOutAreSaidToBe(t *testing.T) {
	unknown := func(n int) string {
		text := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: []\n"
		for i := range n {
			text += fmt.Sprintf("  unknown%d: 1\n", i)
		}
		return text
	}
	objects, faults := readText(t, unknown(200), pod.DecodeOptions{})
	require.Len(t, faults, 200)
	require.NotNil(t, objects[0].Pod)

	objects, faults = readText(t, unknown(201), pod.DecodeOptions{})
	require.Len(t, faults, 201)
	require.Equal(t, "f.yaml:206:3: more than 200 faults of one object; from here on nothing was looked at", faults[200])
	require.Nil(t, objects[0].Pod, "a pod that was not read whole")

	objects, faults = readText(t, strings.Repeat(unknown(200)+"---\n", 5)+unknown(0)+"---\n"+unknown(0), pod.DecodeOptions{})
	require.Len(t, faults, 1001)
	require.Equal(t, "f.yaml:1031:1: more than 1000 faults in this file; from here on nothing was looked at", faults[1000])
	require.Len(t, objects, 5)

	_, faults = readText(t, strings.Repeat("a: [\n---\n", 201), pod.DecodeOptions{})
	require.Len(t, faults, 201)
	require.Equal(t, "f.yaml:400:1: more than 200 documents with a syntax fault; from here on nothing was looked at", faults[200])
}

func TestReadPassesErrorsOfItsReaderOn(t *testing.T) {
	_, err := pod.Read("x.yaml", brokenReader{}, pod.DecodeOptions{})
	require.EqualError(t, err, "reading x.yaml: no such disk")
}

func TestAliasBombsAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nspec:\n  containers: [{}]\n  nodeSelector: &a0 {a: b}\n  x:\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "  - &a%d [*a%d, *a%d, *a%d]\n", i, i-1, i-1, i-1)
	}
	_, err := pod.Parse([]byte(b.String()))
	require.ErrorContains(t, err, "aliases stand for more than 400000 values")
}

func TestLenientReadingIgnoresUnknownAndDuplicateFields(t *testing.T) {
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b, nmae: c}\nspec:\n  containers: [{name: c, imagee: x}]\n"
	objects, faults := readText(t, text, pod.DecodeOptions{})
	require.Len(t, faults, 3)
	require.NotNil(t, objects[0].Pod, "such faults leave a pod")
	objects, faults = readText(t, text, pod.DecodeOptions{Lenient: true})
	require.Empty(t, faults)
	require.Equal(t, "b", objects[0].Pod.Name)
	require.Equal(t, "c", objects[0].Pod.Spec.Containers[0].Name)
}

func TestObjectsWithoutFaultsCanBeUsed(t *testing.T) {
	objects, faults := readText(t, "apiVersion: v1\nkind: Pod\nspec: 1\n---\n{{ broken }}: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: good}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\nspec: {parallelism: many}\n", pod.DecodeOptions{})
	require.Len(t, faults, 3)
	require.Len(t, objects, 3)
	require.Nil(t, objects[0].Pod)
	require.Equal(t, "good", objects[1].Pod.Name)
	require.Equal(t, "job-abcde", objects[2].Pod.Name, "the fault is not in the template")
}

func TestParseWantsOnePod(t *testing.T) {
	for text, want := range map[string]string{
		"":       "no YAML or JSON document in this input",
		"--- a":  "1:5: expected an object with apiVersion and kind, found a string",
		"a: [\n": `1:4: this "[" is never closed`,
		"apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n": "expected one Pod, found 2 documents",
		"apiVersion: apps/v1\nkind: Deployment\n":                     `2:7: kind: expected a Pod, found kind "Deployment" of apiVersion "apps/v1"`,
		"apiVersion: v1\nkind: pod\n":                                 `2:7: kind: expected a Pod, found kind "pod" of apiVersion "v1" (did you mean "Pod"?)`,
		"apiVersion: v2\nkind: Pod\n":                                 `2:7: kind: no kind "Pod" in apiVersion "v2"; it is in "v1"`,
		`{"apiVersion":"v1","kind":"Pod"} x`:                          "1:34: found 'x' where another object or the end was expected",
		`{"apiVersion":"v1","kind":"Pod","spec":{"hostNetwork":1}}`:   "1:55: spec.hostNetwork: expected true or false, found the number 1",
	} {
		p, err := pod.Parse([]byte(text))
		require.EqualError(t, err, want, "%q", text)
		require.Nil(t, p)
	}
}

func TestFieldsV1KeepsItsText(t *testing.T) {
	p, err := pod.Parse([]byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"managedFields":[{"fieldsV1":{"f:spec": {"a":1,"a":2}}}]}}`))
	require.NoError(t, err)
	require.Equal(t, `{"f:spec": {"a":1,"a":2}}`, string(p.ManagedFields[0].FieldsV1.Raw))
	p, err = pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {managedFields: [{fieldsV1: {b: 0x10, a: [yes]}}]}\n"))
	require.NoError(t, err)
	require.Equal(t, `{"b":16,"a":[true]}`, string(p.ManagedFields[0].FieldsV1.Raw))
}

// FuzzRead reads any text: it must end without panic, with objects or errors,
// and what it reads must survive being written and read again.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"web.yaml", "stream.yaml", "running.json"} {
		text, err := os.ReadFile("testdata/decode/" + name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("apiVersion: v1\nkind: Pod\nmetadata: &m {name: a}\nspec: {<<: *m, containers: [{name: x, name: y}]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := pod.Read("f", bytes.NewReader(data), pod.DecodeOptions{Limits: pod.DecodeLimits{Size: 1 << 16}})
		var all pod.DecodeErrors
		if err != nil {
			require.True(t, errors.As(err, &all) && len(all) > 0)
		}
		for _, o := range objects {
			if o.Pod == nil {
				continue
			}
			o.Source.Position("spec.containers[0].name")
			written := o.Pod.EncodeYAML()
			again, faults := readText(t, string(o.Pod.AppendJSON(nil)), pod.DecodeOptions{})
			require.Empty(t, faults)
			back, err := pod.Parse(written)
			require.NoError(t, err, "%s", written)
			require.Equal(t, string(again[0].Pod.AppendJSON(nil)), string(back.AppendJSON(nil)))
		}
	})
}
