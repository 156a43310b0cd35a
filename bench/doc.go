// Package bench holds podlife against its peers: the same task in one run on one machine, shown as ratios.
//
//	go run -C bench ./report            the tables as Markdown
//	go test -C bench -bench .           the same cases as Go benchmarks
//
// Every case checks that both sides do the task before it is timed. This module may import what the core never does.
package bench
