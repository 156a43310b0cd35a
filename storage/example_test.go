package storage_test

import (
	"fmt"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/memory"
)

// A volume lives as long as the UID of its pod: the next pod of the same name starts empty.
func ExampleDriver() {
	web := &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: "web", UID: "uid-1"}}
	web.Spec.Volumes = []pod.Volume{{Name: "cache"}}

	d := memory.New()
	fmt.Println(d.Mount(web, nil))
	fmt.Println(d.WriteFile("uid-1", "cache", "greeting", []byte("hello")))
	fmt.Println(d.Unmount("uid-1"))

	web.UID = "uid-2"
	fmt.Println(d.Mount(web, nil))
	_, err := d.ReadFile("uid-2", "cache", "greeting")
	fmt.Println(err)
	fmt.Println(storage.Sweep(d, nil))
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// <nil>
	// read greeting: file does not exist
	// [uid-2] <nil>
}
