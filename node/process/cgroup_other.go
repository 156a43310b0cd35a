//go:build !linux

package process

// cgroup is a group of processes with limits, which this system does not have.
type cgroup struct{}

func (*cgroup) kill() {}

func (*cgroup) remove() {}

func (*cgroup) oomKilled() bool { return false }

func removePodCgroups(string) {}

func setOOMScore(int, int) {}

func memoryCapacity() int64 { return 0 }
