package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"burstlet.dev/burstlet/test/controlplane/internal/pki"
)

// marker tells our state directories from any other: `--remove-state` deletes nothing else. It is
// also the lock that keeps two clusters out of one directory.
const marker = ".burstlet-controlplane"

var loopback = net.IPv4(127, 0, 0, 1)

// layout is where everything of one cluster is: files and ports.
type layout struct {
	Options
	ports map[string]int
	lock  *os.File
}

func (l layout) pki(file string) string { return filepath.Join(l.StateDir, "pki", file) }
func (l layout) log(component string) string {
	return filepath.Join(l.StateDir, "logs", component+".log")
}
func (l layout) kubeconfig(user string) string { return filepath.Join(l.StateDir, user+".kubeconfig") }
func (l layout) local(scheme, listener string) string {
	return scheme + "://" + net.JoinHostPort(loopback.String(), strconv.Itoa(l.ports[listener]))
}

// server is the URL of the API server.
func (l layout) server() string {
	return "https://" + net.JoinHostPort(l.Bind.String(), strconv.Itoa(l.ports[APIServer]))
}

// prepare claims the directory and the ports and writes keys and kubeconfigs.
func prepare(o Options) (l layout, err error) {
	l = layout{Options: o, ports: map[string]int{}}
	if err = l.claim(); err != nil {
		return l, err
	}
	for _, listener := range []string{Etcd, etcdPeer, APIServer, ControllerManager, Scheduler} {
		address := loopback
		if listener == APIServer {
			address = o.Bind
		}
		reservation, err := reserve(address)
		if err != nil {
			return l, err
		}
		l.ports[listener] = reservation.port
	}
	if err = pki.WriteCluster(l.pki(""), l.serverNames()); err != nil {
		return l, err
	}
	for _, user := range []string{pki.Admin, pki.ControllerManager, pki.Scheduler} {
		if err = pki.WriteKubeconfig(l.kubeconfig(user), l.server(), l.pki(""), user); err != nil {
			return l, err
		}
	}
	return l, nil
}

// claim makes the directory ours, or refuses one that is somebody else's or in use.
func (l *layout) claim() error {
	if err := os.MkdirAll(l.StateDir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(l.StateDir)
	if err != nil {
		return err
	}
	path := filepath.Join(l.StateDir, marker)
	if _, err := os.Stat(path); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s is neither empty nor the state of an earlier run", l.StateDir)
	}
	if l.lock, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := unix.Flock(int(l.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("another cluster runs in %s", l.StateDir), err)
	}
	return os.MkdirAll(filepath.Join(l.StateDir, "logs"), 0o700)
}

// serverNames is every name and address under which a client may reach the API server.
func (l layout) serverNames() []string {
	names := []string{
		"localhost", loopback.String(), l.Bind.String(), firstService(l.ServiceCIDR).String(),
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}
	if l.Advertise != nil {
		names = append(names, l.Advertise.String())
	}
	return names
}

// firstService is the address of the kubernetes Service: always the first one of the range.
func firstService(cidr *net.IPNet) net.IP {
	ip := append(net.IP(nil), cidr.IP...)
	ip[len(ip)-1]++
	return ip
}
