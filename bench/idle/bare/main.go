// Bare does nothing at all: it says "ready", waits for a line, sleeps for as long as its argument says, and prints the nanoseconds of CPU
// time that this took.
package main

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
	"time"
)

func main() {
	span, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	before := cpuTime()
	time.Sleep(span)
	fmt.Println(cpuTime() - before)
}

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
