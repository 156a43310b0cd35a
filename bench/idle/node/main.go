// Node is bench/idle/bare with an agent and so many pods beside it as its second argument says, on containers that do nothing: scripted
// ones, or with the third argument "process" real ones.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/podlife/podlife/bench"
	"github.com/podlife/podlife/node/process"
)

func main() {
	process.Init()
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("%d arguments, expected a duration, a number of pods, and sim or process", len(args))
	}
	span, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	pods, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return bench.WithIdlePods(context.Background(), pods, args[2] == "process", func() error {
		fmt.Println("ready")
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			return err
		}
		before := cpuTime()
		time.Sleep(span)
		fmt.Println(cpuTime() - before)
		return nil
	})
}

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
