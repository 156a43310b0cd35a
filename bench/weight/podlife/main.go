// Podlife reads a pod with podlife: a program to be weighed.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/podlife/podlife/pod"
)

func main() {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	p, err := pod.Parse(data)
	fmt.Println(p, err)
}
