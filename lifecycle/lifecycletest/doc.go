// Package lifecycletest plays what happens to a pod, prints it, and holds it against what is expected.
//
//	scenario file ---> Play ---> History ---> JSON, table
//	                                |
//	                             Compare <--- a recorded History
//
// A Scenario is a manifest, a script of how its containers behave, and what the user of the API does and when. Play lives
// it on one simulated node in virtual time, with the API server's part (deletion, eviction, binding) played as well, and
// returns the History: every status that was published, with its time, and every event. A History is written and read in
// the format of recordings of real clusters, so a recording can be compared with what podlife makes of the same scenario,
// and podlife's users can hold their own recordings against it.
//
// A transcript is smaller: a pod, and inputs one by one as text, run against the bare machine; each step prints input,
// phase, containers, actions and the next wake. It is the form of the tests in lifecycle/testdata.
//
// What the package does not do: it has no scheduler, no controllers and no second pod; package cluster has.
package lifecycletest
