package process

// What of a program's file and of system calls differs between architectures.
const (
	stubMachine    = 183
	sysMemfdCreate = 279
)
