// Package local is a whole node on this machine: an agent whose containers are processes, volumes on disk, addresses, a store that
// outlives the program, and pods out of a folder of manifests.
//
//	                     local.Node
//	         .---------------+----------------.
//	    node.Agent      static.Pods       (folder of manifests)
//	    |    |    |
//	process disk  store                   DIR/runtime, DIR/volumes, DIR/store
//
// The life of a node: Open makes the folders and finds again what an earlier program left running there; Run runs the pods, until its
// context is done; Close gives the folders back. Call process.Init first of all in main: then pods outlive the program.
//
// Invariants: those of the packages it is made of; and one node at a time has a folder.
//
// It decides nothing. A program that wants other parts puts them together itself, as Open does.
package local
