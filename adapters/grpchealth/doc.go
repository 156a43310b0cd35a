// Package grpchealth runs the gRPC probes of a node.Agent, as the kubelet does. It is a module of its own, so that whoever has no such
// probes does without gRPC.
//
//	node.Agent        probe {grpc: {port: 5000, service: db}}
//	    |
//	Checker.Check     connect, ask once, hang up
//	    |
//	node.Dial         through the runtime, into the pod's network
//	    |
//	grpc.health.v1.Health/Check in the container
//
// To use it, set it in the agent's configuration:
//
//	agent, err := node.New(node.Config{Runtime: rt, GRPC: grpchealth.Checker{}})
//
// # The life of one call
//
//  1. A connection is made for this one call, without TLS. Where nobody listens it is tried again until the probe's time is over, as
//     the kubelet's is.
//  2. The service is asked for its health, once. An empty name asks for the server as a whole.
//  3. The answer SERVING is success. Any other, and any fault, is an error in the kubelet's words.
//  4. The connection is closed.
//
// # Invariants
//
//  1. Check returns soon after its context is done.
//  2. When Check has returned nothing of it is left: no connection, no goroutine.
//  3. No proxy and no name service is asked: the address is taken as it is.
//
// # What it does not do
//
// It keeps no connections from one call to the next, and does not watch a service: a probe asks each time. It speaks no TLS, which
// Kubernetes v1.37 leaves off by default.
//
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-grpc-liveness-probe
// and KEP-2727.
package grpchealth
