// Command controlplane is a Kubernetes control plane in one file: by its first argument it is etcd,
// one of the three servers, kubectl, or `up`, which runs them all together, or `kubeconfig`, which makes
// a user for a test.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"burstlet.dev/burstlet/test/controlplane/internal/cluster"
	"burstlet.dev/burstlet/test/controlplane/internal/etcd"
	"burstlet.dev/burstlet/test/controlplane/internal/lifetime"
	"burstlet.dev/burstlet/test/controlplane/internal/pki"
)

// commands return the exit code. Kubernetes' own read os.Args, the others get what follows the name.
var commands = map[string]func(arguments []string) int{
	"etcd":                    etcd.Run,
	"kube-apiserver":          kubeAPIServer,
	"kube-controller-manager": kubeControllerManager,
	"kube-scheduler":          kubeScheduler,
	"kubectl":                 kubectl,
	"kubeconfig":              pki.KubeconfigCommand,
	"up":                      cluster.Up,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		names := []string{}
		for name := range commands {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintln(os.Stderr, "usage: controlplane", strings.Join(names, "|"), "[ARGUMENT...]")
		os.Exit(2)
	}
	lifetime.EndWithStdin()
	os.Args = os.Args[1:]
	os.Exit(commands[os.Args[0]](os.Args[1:]))
}
