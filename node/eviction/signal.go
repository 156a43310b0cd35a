package eviction

import "github.com/podlife/podlife/pod"

// Signal names something that a node can run short of.
type Signal string

// The signals. See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#eviction-signals.
const (
	MemoryAvailable            Signal = "memory.available"
	AllocatableMemoryAvailable Signal = "allocatableMemory.available"
	NodeFSAvailable            Signal = "nodefs.available"
	NodeFSInodesFree           Signal = "nodefs.inodesFree"
	ImageFSAvailable           Signal = "imagefs.available"
	ImageFSInodesFree          Signal = "imagefs.inodesFree"
	ContainerFSAvailable       Signal = "containerfs.available"
	ContainerFSInodesFree      Signal = "containerfs.inodesFree"
	PIDAvailable               Signal = "pid.available"
)

// Condition is a condition of the node, which says what it is short of.
type Condition string

// The conditions.
const (
	MemoryPressure Condition = "MemoryPressure"
	DiskPressure   Condition = "DiskPressure"
	PIDPressure    Condition = "PIDPressure"
)

// What pods use of a node beside the resources of their specs.
const (
	inodes pod.ResourceName = "inodes"
	pids   pod.ResourceName = "pids"
)

// form is what a signal is about.
type form struct {
	resource  pod.ResourceName
	condition Condition
	format    pod.QuantityFormat
}

var forms = map[Signal]form{
	MemoryAvailable:            {pod.ResourceMemory, MemoryPressure, pod.BinarySI},
	AllocatableMemoryAvailable: {pod.ResourceMemory, MemoryPressure, pod.BinarySI},
	NodeFSAvailable:            {pod.ResourceEphemeralStorage, DiskPressure, pod.BinarySI},
	NodeFSInodesFree:           {inodes, DiskPressure, pod.DecimalSI},
	ImageFSAvailable:           {pod.ResourceEphemeralStorage, DiskPressure, pod.BinarySI},
	ImageFSInodesFree:          {inodes, DiskPressure, pod.DecimalSI},
	ContainerFSAvailable:       {pod.ResourceEphemeralStorage, DiskPressure, pod.BinarySI},
	ContainerFSInodesFree:      {inodes, DiskPressure, pod.DecimalSI},
	PIDAvailable:               {pids, PIDPressure, pod.DecimalSI},
}

// Condition is what the node is in when s is low, and empty for a signal that there is not.
func (s Signal) Condition() Condition { return forms[s].condition }

// Resource is what the node is short of when s is low, as messages name it: memory, ephemeral-storage, inodes or pids.
func (s Signal) Resource() pod.ResourceName { return forms[s].resource }

// Layout says which file systems a node has. The zero value is one for everything.
type Layout uint8

// The layouts. See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#eviction-signals.
const (
	// OneFS: images, containers, logs and volumes share nodefs.
	OneFS Layout = iota
	// ImageFS: images and what containers write are on imagefs.
	ImageFS
	// SplitFS: images are on imagefs, and what containers write is on nodefs.
	SplitFS
)

// part is something of a pod that takes room on a file system.
type part uint8

const (
	rootParts part = 1 << iota
	logParts
	volumeParts
)

// parts is what of a pod is on the file system that s is about.
func (l Layout) parts(s Signal) part {
	images := s == ImageFSAvailable || s == ImageFSInodesFree
	containers := s == ContainerFSAvailable || s == ContainerFSInodesFree
	switch {
	case l == ImageFS && (images || containers):
		return rootParts
	case l == ImageFS:
		return logParts | volumeParts
	case l == SplitFS && images:
		return 0
	}
	return rootParts | logParts | volumeParts
}
