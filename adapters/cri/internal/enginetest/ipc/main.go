//go:build linux

// Ipc makes and reads what System V's IPC has, in a container of a test's:
//
//	ipc put KEY VALUE TEXT    a semaphore with a value and a shared memory segment with a text; it fails where there is one already
//	ipc get KEY               prints both, and fails where there are none
package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// What golang.org/x/sys/unix has no name for.
const (
	semGetValue = 12
	semSetValue = 16
	segment     = 4096
	private     = 0o600
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 4 && args[0] == "put":
		return put(args[1], args[2], args[3])
	case len(args) == 2 && args[0] == "get":
		return get(args[1])
	}
	return fmt.Errorf("want put KEY VALUE TEXT or get KEY, not %q", args)
}

func put(keyText, valueText, text string) error {
	key, err := strconv.Atoi(keyText)
	if err != nil {
		return err
	}
	value, err := strconv.Atoi(valueText)
	if err != nil {
		return err
	}
	const fresh = unix.IPC_CREAT | unix.IPC_EXCL
	id, err := semaphore(key, fresh)
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall6(unix.SYS_SEMCTL, id, 0, semSetValue, uintptr(value), 0, 0); errno != 0 {
		return fmt.Errorf("semctl: %w", errno)
	}
	memory, err := attach(key, fresh)
	if err != nil {
		return err
	}
	memory[0] = byte(copy(memory[1:], text))
	return nil
}

func get(keyText string) error {
	key, err := strconv.Atoi(keyText)
	if err != nil {
		return err
	}
	id, err := semaphore(key, 0)
	if err != nil {
		return err
	}
	value, _, errno := unix.Syscall6(unix.SYS_SEMCTL, id, 0, semGetValue, 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("semctl: %w", errno)
	}
	memory, err := attach(key, 0)
	if err != nil {
		return err
	}
	fmt.Printf("%d %s\n", value, memory[1:1+memory[0]])
	return nil
}

func semaphore(key, flags int) (uintptr, error) {
	id, _, errno := unix.Syscall(unix.SYS_SEMGET, uintptr(key), 1, uintptr(flags|private))
	if errno != 0 {
		return 0, fmt.Errorf("semget: %w", errno)
	}
	return id, nil
}

// attach maps a shared memory segment.
func attach(key, flags int) ([]byte, error) {
	id, err := unix.SysvShmGet(key, segment, flags|private)
	if err != nil {
		return nil, fmt.Errorf("shmget: %w", err)
	}
	return unix.SysvShmAttach(id, 0, 0)
}
