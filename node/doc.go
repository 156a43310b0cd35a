// Package node runs pods on this machine: an Agent drives one lifecycle.Machine for each pod through a Runtime.
package node
