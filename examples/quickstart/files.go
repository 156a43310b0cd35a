package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/internal/manifests"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// playFiles plays the pods of all files in virtual time. A file with a fault is refused whole, and the faults are the
// error; the other files are played all the same.
func playFiles(out io.Writer, names []string, span time.Duration) error {
	var refused []error
	files, err := find(names)
	if err != nil {
		refused = append(refused, err)
	}
	for _, name := range files {
		pods, err := load(name)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		for _, o := range pods {
			if err := playObject(out, name, o, span); err != nil {
				refused = append(refused, err)
			}
		}
	}
	return errors.Join(refused...)
}

// find returns the files named, and all manifests in the folders named.
func find(names []string) (files []string, err error) {
	var errs []error
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		found, err := manifests.Below(name)
		files, errs = append(files, found...), append(errs, err)
	}
	return files, errors.Join(errs...)
}

// load reads and checks every pod of a file.
func load(name string) ([]pod.Object, error) {
	f, err := manifests.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	objects, err := pod.Read(name, f, pod.DecodeOptions{})
	if err != nil {
		return nil, err
	}
	pods := slices.DeleteFunc(objects, func(o pod.Object) bool { return o.Pod == nil })
	if len(pods) == 0 {
		return nil, fmt.Errorf("%s: no Pod, and nothing with a pod template, in this file", name)
	}
	for _, o := range pods {
		if err := o.Check().Err(); err != nil {
			return nil, err
		}
	}
	return pods, nil
}

func playObject(out io.Writer, name string, o pod.Object, span time.Duration) error {
	h, err := cluster.Play(o.Pod, nil, span)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(out, "%s: %s %s\n%s", name, o.Kind, o.Name, h.Watch())
	for _, clash := range network.Clashes(o.Pod) {
		fmt.Fprintf(out, "note: on a real node one of the two could not listen: %v\n", clash)
	}
	fmt.Fprintln(out)
	return nil
}
