// Package network decides what a pod is on the network: its addresses, its
// ports, its names.
//
//	cluster range 10.0.0.0/8
//	  |  Subnets                      one range per node
//	  v
//	node range 10.0.7.0/24, fd00:7::/64
//	  |  Range (one CIDR), Pool (all ranges, both families)
//	  v                               one address per family and pod
//	pod 10.0.7.21 + fd00:7::15        status.podIP, status.podIPs
//	  |- PortSpace                    what its containers listen on
//	  |- HostName, Hosts, ResolvConf  what it is called, and whom it can name
//	  '- HostPorts                    what it has of its node's ports
//
// A pod is a logical host: its containers share addresses, a port space and
// names, and two pods share none of them. Everything belongs to a Holder, which
// a UID identifies: a new pod of the same name gets nothing of the old one.
//
// # The life of one address
//
// Pool.Acquire gives a pod the next free address after the one given last.
// Pool.Release takes it back, and it rests for the range's configured time, so
// that no packet for the old pod reaches a new one. Then it is free. A
// requested address is given or refused with the name of who has it. After a
// restart, Restore brings back which addresses are in use, Adopt says for each
// running pod which are its own, and Settle releases the rest.
//
// # Cost
//
// Acquire and Release take the same time whatever is in use, whatever the size
// of the range, and allocate nothing in a steady state; a full range says so at
// once. The memory follows what is in use. So it is with ports.
//
// # Invariants
//
//  1. An address, a subnet, and a port of a PortSpace have at most one holder.
//  2. Only its holder can release it; for all others Release changes nothing.
//  3. A released address is given to nobody else before it has rested, though
//     time goes backwards.
//  4. What is reserved is never given out, not even on request.
//  5. A pod has at most one address of each family; podIP is the first of
//     podIPs.
//  6. An operation that fails gives nothing out. Acquire of a Pool is all
//     families or none, Reserve of HostPorts all ports or none.
//  7. What Snapshot returned and Restore took back, under one configuration,
//     Snapshot returns again byte for byte, until something is done.
//
// # What it does not do
//
// It opens no socket, reads no file and no clock: now is a parameter, the
// node's resolv.conf and hosts file are text. Nothing here is safe for
// concurrent use; each value belongs to one goroutine or lock of its caller.
package network
