// Package disk keeps the volumes of pods in a directory of this machine.
package disk
