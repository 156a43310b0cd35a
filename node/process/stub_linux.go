//go:build amd64 || arm64

package process

import (
	"encoding/binary"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// pauseProgram is the path of a program for a pause, which is a few instructions: mount, say so, wait. This program itself would do,
// but it takes milliseconds to start and megabytes to sit there, once for each container. The program has no file but one in memory,
// which is open as long as this program runs.
var pauseProgram = sync.OnceValues(func() (string, error) {
	fd, err := memoryFile("podlife-pause", stubProgram())
	return "/proc/self/fd/" + strconv.Itoa(fd), err
})

// pauseCode is the address of the code of a pause, in assembly, which begins with a program's first instruction and uses the program's
// arguments, the name of the proc file system and where to mount it, for all the text that it needs.
func pauseCode() uintptr

// pauseCodeSize is more than the code has, in bytes. What follows it is never reached.
const pauseCodeSize = 512

// stubProgram returns an ELF file with nothing but the code of a pause.
func stubProgram() []byte {
	const (
		base, page         = 0x400000, 0x10000
		fileHead, partHead = 64, 56
		executable         = 2
		load               = 1
		readAndRun         = 5
	)
	code := pauseCode()
	size := uint64(fileHead + partHead + pauseCodeSize)
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	half := func(v uint16) { b = binary.LittleEndian.AppendUint16(b, v) }
	word := func(v uint32) { b = binary.LittleEndian.AppendUint32(b, v) }
	long := func(v uint64) { b = binary.LittleEndian.AppendUint64(b, v) }
	half(executable)
	half(stubMachine)
	word(1)
	long(base + fileHead + partHead) // where it begins
	long(fileHead)                   // where the program's parts are told of
	long(0)
	word(0)
	half(fileHead)
	half(partHead)
	half(1)
	half(0)
	half(0)
	half(0)
	word(load)
	word(readAndRun)
	long(0)
	long(base)
	long(base)
	long(size)
	long(size)
	long(page)
	return append(b, unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&code))), pauseCodeSize)...)
}

// memoryFile makes a file in memory that can be executed, and returns a descriptor of it that no child's own can take the place of.
func memoryFile(name string, content []byte) (int, error) {
	const mayExecute, leastFD = 0x10, 64
	p, err := syscall.BytePtrFromString(name)
	if err != nil {
		return -1, err
	}
	fd, _, errno := syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(p)), mayExecute, 0)
	if errno == syscall.EINVAL { // before Linux 6.3 all may be executed
		fd, _, errno = syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(p)), 0, 0)
	}
	if errno != 0 {
		return -1, os.NewSyscallError("memfd_create", errno)
	}
	defer syscall.Close(int(fd))
	if _, err := syscall.Write(int(fd), content); err != nil {
		return -1, os.NewSyscallError("write", err)
	}
	// What is open for writing cannot be executed.
	read, err := syscall.Open("/proc/self/fd/"+strconv.Itoa(int(fd)), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("open", err)
	}
	defer syscall.Close(read)
	high, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(read), syscall.F_DUPFD_CLOEXEC, leastFD)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(high), nil
}
