//go:build unix

package process_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/process"
)

// noInitVariable tells this test binary not to be the shim of its pods.
const noInitVariable = "PODLIFE_TEST_NO_INIT"

// roleArgument comes before the name of a role that this test binary is to play, and the role's own arguments.
const roleArgument = "@role"

// roles are what this test binary does beside testing.
var roles = map[string]func(args []string) error{"serve": serve, "ask": askFor}

func TestMain(m *testing.M) {
	if os.Getenv(noInitVariable) == "" {
		process.Init()
	}
	if len(os.Args) < 3 || os.Args[1] != roleArgument {
		os.Exit(m.Run())
	}
	if err := roles[os.Args[2]](os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// role is the command that has this test binary play a role.
func role(t *testing.T, args ...string) []string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return append([]string{self, roleArgument}, args...)
}

// serve answers every connection to a port with a line.
func serve(args []string) error {
	l, err := net.Listen("tcp", ":"+args[0])
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(conn, args[1])
		conn.Close()
	}
}

// askFor prints what is answered at a host's port.
func askFor(args []string) error {
	conn, err := net.Dial("tcp", net.JoinHostPort(args[0], args[1]))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.Copy(os.Stdout, conn)
	return err
}
