package cluster

import (
	"path/filepath"
	"strconv"

	"burstlet.dev/burstlet/test/controlplane/internal/pki"
)

// The components, by the names that the JSON lines and the commands on standard input use.
const (
	Etcd              = "etcd"
	APIServer         = "apiserver"
	ControllerManager = "controller-manager"
	Scheduler         = "scheduler"

	etcdPeer = "etcd-peer" // a port that etcd insists on
)

// subcommand is what this binary is asked to be.
var subcommand = map[string]string{
	Etcd:              "etcd",
	APIServer:         "kube-apiserver",
	ControllerManager: "kube-controller-manager",
	Scheduler:         "kube-scheduler",
}

// arguments are the full command lines. What is not named keeps Kubernetes' default: a test that wants
// something else says so with --apiserver-arg and its siblings, which come last and so win.
func (l layout) arguments() map[string][]string {
	return map[string][]string{
		Etcd:              l.etcd(),
		APIServer:         append(l.apiServer(), l.Extra[APIServer]...),
		ControllerManager: append(l.controllerManager(), l.Extra[ControllerManager]...),
		Scheduler:         append(l.scheduler(), l.Extra[Scheduler]...),
	}
}

func (l layout) etcd() []string {
	return []string{
		"--data-dir=" + filepath.Join(l.StateDir, "etcd"),
		"--listen-client-url=" + l.local("http", Etcd),
		"--listen-peer-url=" + l.local("http", etcdPeer),
	}
}

func (l layout) apiServer() []string {
	arguments := []string{
		"--etcd-servers=" + l.local("http", Etcd),
		"--bind-address=" + l.Bind.String(),
		"--secure-port=" + strconv.Itoa(l.ports[APIServer]),
		"--permit-port-sharing=true", // the port is reserved, see ports.go
		"--tls-cert-file=" + l.pki(pki.APIServer+".crt"),
		"--tls-private-key-file=" + l.pki(pki.APIServer+".key"),
		"--service-cluster-ip-range=" + l.ServiceCIDR.String(),
		"--allow-privileged=true",

		"--client-ca-file=" + l.pki(pki.CA+".crt"),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + l.pki(pki.ServiceAccount+".pub"),
		"--service-account-signing-key-file=" + l.pki(pki.ServiceAccount+".key"),

		"--kubelet-client-certificate=" + l.pki(pki.APIServerKubelet+".crt"),
		"--kubelet-client-key=" + l.pki(pki.APIServerKubelet+".key"),
		"--kubelet-preferred-address-types=InternalIP",

		// The names are given even though the front proxy has an authority of its own: without them
		// whoever holds any certificate of that authority may claim to be any user.
		"--requestheader-client-ca-file=" + l.pki(pki.FrontProxyCA+".crt"),
		"--requestheader-allowed-names=" + pki.FrontProxyClient,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + l.pki(pki.FrontProxyClient+".crt"),
		"--proxy-client-key-file=" + l.pki(pki.FrontProxyClient+".key"),
		"--enable-aggregator-routing=true", // no kube-proxy: extension servers are called by endpoint

		// A burst of pods must be limited by burstlet, not by the server that watches it.
		"--max-requests-inflight=3000",
		"--max-mutating-requests-inflight=1000",
	}
	if l.Advertise != nil {
		return append(arguments, "--advertise-address="+l.Advertise.String())
	}
	// Endpoints refuse a loopback address, so nothing is published. The address is still given: the
	// API server would look for a default route, which a network namespace may lack.
	return append(arguments, "--advertise-address="+l.Bind.String(), "--endpoint-reconciler-type=none")
}

func (l layout) controllerManager() []string {
	return append(l.client(ControllerManager, pki.ControllerManager),
		"--root-ca-file="+l.pki(pki.CA+".crt"),
		"--service-account-private-key-file="+l.pki(pki.ServiceAccount+".key"),
		"--use-service-account-credentials=true", // each controller has its own RBAC role, as in a real cluster
		"--cluster-signing-cert-file="+l.pki(pki.CA+".crt"),
		"--cluster-signing-key-file="+l.pki(pki.CA+".key"),
		"--allocate-node-cidrs=false",
	)
}

func (l layout) scheduler() []string {
	return l.client(Scheduler, pki.Scheduler)
}

// client is what the two clients of the API server share.
func (l layout) client(component, user string) []string {
	kubeconfig := l.kubeconfig(user)
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--client-ca-file=" + l.pki(pki.CA+".crt"),
		"--requestheader-client-ca-file=" + l.pki(pki.FrontProxyCA+".crt"),
		"--bind-address=" + loopback.String(),
		"--secure-port=" + strconv.Itoa(l.ports[component]),
		"--permit-port-sharing=true",
		"--tls-cert-file=" + l.pki(pki.LoopbackServer+".crt"),
		"--tls-private-key-file=" + l.pki(pki.LoopbackServer+".key"),
		"--leader-elect=false", // there is one; a restarted one would wait 15 s for its own old lease
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}
}
