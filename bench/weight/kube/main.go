// Kube reads a pod with k8s.io/api: a program to be weighed.
package main

import (
	"fmt"
	"io"
	"os"

	v1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	p := &v1.Pod{}
	fmt.Println(p, yaml.UnmarshalStrict(data, p))
}
