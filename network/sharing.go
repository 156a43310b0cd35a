package network

import "github.com/podlife/podlife/pod"

// Scope says with whom a container shares a namespace of the kernel.
type Scope string

// The scopes, from narrow to wide.
const (
	// ScopeContainer: with nobody.
	ScopeContainer Scope = "Container"
	// ScopePod: with the other containers of its pod.
	ScopePod Scope = "Pod"
	// ScopeNode: with the node, and every pod that does so too.
	ScopeNode Scope = "Node"
)

// Sharing says what the containers of a pod share, as data that runtimes carry
// out. Values compare with ==.
// See https://kubernetes.io/docs/concepts/workloads/pods/#resource-sharing-and-communication.
type Sharing struct {
	// Network is the scope of addresses, ports and the host name: ScopePod, or
	// ScopeNode with hostNetwork.
	Network Scope
	// Process is the scope of process IDs: ScopeContainer, ScopePod with
	// shareProcessNamespace, or ScopeNode with hostPID.
	Process Scope
	// IPC is the scope of System V and POSIX message queues, semaphores and
	// shared memory: ScopePod, or ScopeNode with hostIPC.
	IPC Scope
	// Users is the scope of user IDs: ScopeNode, or ScopePod with hostUsers
	// false.
	Users Scope
}

// SharingOf returns what the containers of a pod share.
func SharingOf(s *pod.Spec) Sharing {
	share := Sharing{Network: ScopePod, Process: ScopeContainer, IPC: ScopePod, Users: ScopeNode}
	if s.HostNetwork {
		share.Network = ScopeNode
	}
	if s.ShareProcessNamespace != nil && *s.ShareProcessNamespace {
		share.Process = ScopePod
	}
	if s.HostPID {
		share.Process = ScopeNode
	}
	if s.HostIPC {
		share.IPC = ScopeNode
	}
	if s.HostUsers != nil && !*s.HostUsers {
		share.Users = ScopePod
	}
	return share
}
