package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// socketName is the shim's socket in its pod's folder.
const socketName = "pod.socket"

// patience is how long a shim may take to greet, on the slowest machine.
const patience = 30 * time.Second

// viaFolder calls f with a name of a file in a folder that is short enough for the address of a socket, however long the folder's
// own is.
func viaFolder(dir, file string, f func(path string) error) error {
	fd, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer syscall.Close(fd)
	return f(filepath.Join("/proc/self/fd", fmt.Sprint(fd), file))
}

// listenShim makes the socket of a shim that is about to be started. From then on until the last one that has the socket ends, a
// connection can be made.
func listenShim(dir string) (socket *os.File, err error) {
	err = viaFolder(dir, socketName, func(path string) error {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			return err
		}
		l.SetUnlinkOnClose(false)
		defer l.Close()
		socket, err = l.File()
		return err
	})
	return socket, err
}

// dialShim connects to the shim of the pod in a folder. It fails at once where there is none.
func dialShim(dir string) (conn *net.UnixConn, err error) {
	err = viaFolder(dir, socketName, func(path string) error {
		conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	return conn, err
}

// watchShim connects to a shim and takes its first message, which has its greeting.
func watchShim(dir string) (conn *net.UnixConn, first tell, err error) {
	if conn, err = dialShim(dir); err != nil {
		return nil, first, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if err = send(conn, ask{Watch: true}); err == nil {
		err = readFrame(conn, &first)
	}
	if err == nil && first.Greeting == nil {
		err = errors.New("it does not greet")
	}
	if err != nil {
		conn.Close()
		return nil, first, fmt.Errorf("shim in %q: %w", dir, err)
	}
	return conn, first, conn.SetReadDeadline(time.Time{})
}

// send writes one message to a connection whose other side reads.
func send(conn net.Conn, message any) error {
	b, err := appendFrame(nil, message)
	if err != nil {
		return err
	}
	_ = conn.SetWriteDeadline(time.Now().Add(patience))
	_, err = conn.Write(b)
	return err
}

// sendFile writes one message with an open file beside it.
func sendFile(conn *net.UnixConn, message any, file uintptr) error {
	b, err := appendFrame(nil, message)
	if err != nil {
		return err
	}
	_ = conn.SetWriteDeadline(time.Now().Add(patience))
	_, _, err = conn.WriteMsgUnix(b, syscall.UnixRights(int(file)), nil)
	return err
}

// receiveFile reads one message, and the open file that came beside it, nil where none did.
func receiveFile(conn *net.UnixConn, v any) (*os.File, error) {
	b, oob := make([]byte, 64<<10), make([]byte, 128)
	n, m, _, _, err := conn.ReadMsgUnix(b, oob)
	if err != nil {
		return nil, err
	}
	file := fileOf(oob[:m])
	if err := readFrame(strings.NewReader(string(b[:n])), v); err != nil {
		if file != nil {
			file.Close()
		}
		return nil, err
	}
	return file, nil
}

// fileOf returns the first file in a message's ancillary data.
func fileOf(oob []byte) *os.File {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 {
		return nil
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil
	}
	syscall.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "connection")
}
