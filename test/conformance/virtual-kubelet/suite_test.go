// Package virtualkubelet runs virtual-kubelet's own end-to-end suite, unchanged, against a node that is there.
package virtualkubelet

import (
	"flag"
	"testing"

	"github.com/virtual-kubelet/virtual-kubelet/test/e2e"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "kubeconfig of somebody who may create pods in the namespace")
	namespace  = flag.String("namespace", "", "where pods are created; there has to be one named like the node")
	node       = flag.String("node-name", "", "the virtual node")
)

func TestEndToEnd(t *testing.T) {
	e2e.NewEndToEndTestSuite(e2e.EndToEndTestSuiteConfig{
		Kubeconfig: *kubeconfig,
		Namespace:  *namespace,
		NodeName:   *node,
	}).Run(t)
}
