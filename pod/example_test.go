package pod_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/podlife/podlife/pod"
)

// A manifest is read, made what the API server would store, and checked; each fault says where it is.
func ExampleRead() {
	manifest := strings.NewReader(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: Server
        image: example.com/web:1
        ports: [{containerPort: 80800}]
`)
	objects, err := pod.Read("web.yaml", manifest, pod.DecodeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range objects {
		if o.Pod == nil {
			continue // a Service, say
		}
		pod.SetDefaults(o.Pod)
		pod.PrepareCreate(o.Pod, pod.Creation{})
		for _, fault := range pod.Validate(o.Pod).Place(o.Source) {
			fmt.Println(fault)
		}
	}
	// Output:
	// web.yaml:10:15: spec.containers[0].name: invalid value "Server": not a valid RFC 1123 label: must start with a lower-case letter or digit (byte 0)
	// web.yaml:12:33: spec.containers[0].ports[0].containerPort: invalid value "80800": want 1 to 65535
}

func ExampleQuantity() {
	sum := pod.MustParseQuantity("1.5Gi").Add(pod.MustParseQuantity("512Mi"))
	fmt.Println(sum, sum.Value())
	_, err := pod.ParseQuantity("1.5 Gi")
	fmt.Println(err)
	// Output:
	// 2Gi 2147483648
	// quantity "1.5 Gi": at offset 3: want the end, or a suffix out of n u m k M G T P E Ki Mi Gi Ti Pi Ei, or e and an exponent
}
