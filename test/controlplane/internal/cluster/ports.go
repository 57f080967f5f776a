package cluster

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// reservation holds a free port for a component that listens later.
//
// The socket is bound with SO_REUSEPORT but never listens, so it takes no connection; the component,
// which sets the same option, binds beside it. Nobody else gets the port in between, nor while a
// killed component waits to be started again: there is no "free port" race to lose.
type reservation struct {
	port   int
	socket int
}

func reserve(ip net.IP) (r reservation, err error) {
	family, address := socketAddress(ip)
	r.socket, err = unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return r, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			unix.Close(r.socket)
		}
	}()
	unix.CloseOnExec(r.socket) // a child must not hold it on; ours closes with the process
	if err := unix.SetsockoptInt(r.socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return r, os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Bind(r.socket, address); err != nil {
		return r, os.NewSyscallError("bind "+ip.String(), err)
	}
	bound, err := unix.Getsockname(r.socket)
	switch b := bound.(type) {
	case *unix.SockaddrInet4:
		r.port = b.Port
	case *unix.SockaddrInet6:
		r.port = b.Port
	}
	return r, os.NewSyscallError("getsockname", err)
}

func socketAddress(ip net.IP) (family int, address unix.Sockaddr) {
	if v4 := ip.To4(); v4 != nil {
		return unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte(v4)}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Addr: [16]byte(ip.To16())}
}
