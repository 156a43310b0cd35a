// Quickstart stands for the program of the adapter: it says what it was told, and waits to be ended where told to.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	fmt.Println(strings.Join(os.Args[1:], " "))
	switch os.Args[len(os.Args)-1] {
	case "wait":
		fmt.Println("ended by", <-ended)
	case "fail":
		fmt.Fprintln(os.Stderr, "no luck")
		os.Exit(3)
	}
}
