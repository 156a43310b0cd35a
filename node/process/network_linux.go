package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"unsafe"
)

// loopback is the index of the loopback interface, which is the first of every network.
const loopback = 1

// makeNetwork brings the loopback interface of a new network up and gives it the pod's addresses. The error says that there is no
// network; an address that could not be had is a warning.
func makeNetwork(addresses []string) (warnings []string, err error) {
	conn, err := openNetlink()
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	defer syscall.Close(conn)
	if err := netlink(conn, syscall.RTM_NEWLINK, 0, linkUp()); err != nil {
		return nil, fmt.Errorf("network: loopback interface: %w", err)
	}
	for _, text := range addresses {
		ip, err := netip.ParseAddr(text)
		if err == nil {
			err = netlink(conn, syscall.RTM_NEWADDR, syscall.NLM_F_CREATE|syscall.NLM_F_EXCL, addressOf(ip.Unmap()))
		}
		if err != nil && !errors.Is(err, syscall.EEXIST) {
			warnings = append(warnings, fmt.Sprintf("address %q cannot be used in it: %v", text, err))
		}
	}
	return warnings, nil
}

func openNetlink() (int, error) {
	conn, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	return conn, os.NewSyscallError("socket", err)
}

// linkUp is the body of a request to bring the loopback interface up.
func linkUp() []byte {
	var b [syscall.SizeofIfInfomsg]byte
	m := (*syscall.IfInfomsg)(unsafe.Pointer(&b))
	m.Family, m.Index, m.Flags, m.Change = syscall.AF_UNSPEC, loopback, syscall.IFF_UP, syscall.IFF_UP
	return b[:]
}

// addressOf is the body of a request to add one address, alone in its subnet, to the loopback interface.
func addressOf(ip netip.Addr) []byte {
	var head [syscall.SizeofIfAddrmsg]byte
	m := (*syscall.IfAddrmsg)(unsafe.Pointer(&head))
	m.Family, m.Prefixlen, m.Index = syscall.AF_INET, uint8(ip.BitLen()), loopback
	if ip.Is6() {
		m.Family = syscall.AF_INET6
	}
	b := head[:]
	for _, kind := range [...]uint16{syscall.IFA_LOCAL, syscall.IFA_ADDRESS} {
		b = binary.NativeEndian.AppendUint16(b, uint16(syscall.SizeofRtAttr+len(ip.AsSlice())))
		b = binary.NativeEndian.AppendUint16(b, kind)
		b = append(b, ip.AsSlice()...)
	}
	return b
}

// netlink sends one request and waits for the kernel's answer.
func netlink(conn int, kind, flags uint16, body []byte) error {
	b := binary.NativeEndian.AppendUint32(nil, uint32(syscall.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	b = binary.NativeEndian.AppendUint64(b, 0) // sequence and sender
	b = append(b, body...)
	if err := syscall.Sendto(conn, b, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(conn, answer, 0)
	if err != nil {
		return os.NewSyscallError("recvfrom", err)
	}
	const least = syscall.SizeofNlMsghdr + 4
	if n < least || binary.NativeEndian.Uint16(answer[4:]) != syscall.NLMSG_ERROR {
		return errors.New("netlink: no answer")
	}
	if code := int32(binary.NativeEndian.Uint32(answer[syscall.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
