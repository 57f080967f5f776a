package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"burstlet.dev/burstlet/test/controlplane/internal/lifetime"
	"burstlet.dev/burstlet/test/controlplane/internal/pki"
)

// patience is how long a component may take to become ready; the slowest start seen on a loaded
// machine of two cores is a tenth of it.
const patience = 90 * time.Second

// cluster is the four components and what is needed to ask after them.
type cluster struct {
	layout     layout
	probe      probe
	components map[string]*component
}

func newCluster(l layout, onEnd func(name, how string)) (*cluster, error) {
	probe, err := newProbe(l)
	if err != nil {
		return nil, err
	}
	c := &cluster{layout: l, probe: probe, components: map[string]*component{}}
	spawner := lifetime.NewSpawner()
	for name, arguments := range l.arguments() {
		c.components[name] = &component{
			name: name, arguments: arguments, logFile: l.log(subcommand[name]), spawner: spawner, onEnd: onEnd,
		}
	}
	return c, nil
}

// start starts one component and waits until it is of use.
func (c *cluster) start(ctx context.Context, name string) error {
	if err := c.components[name].start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, c.components[name], func(ctx context.Context) error {
		return c.probe.ok(ctx, c.healthURL(name))
	})
}

func (c *cluster) healthURL(name string) string {
	switch name {
	case Etcd:
		return c.layout.local("http", Etcd) + "/health"
	case APIServer:
		return c.layout.server() + "/readyz"
	case Scheduler:
		return c.layout.local("https", name) + "/readyz"
	default:
		return c.layout.local("https", name) + "/healthz" // the controller manager has no readyz
	}
}

// startAll returns once a test may create its first pod.
func (c *cluster) startAll(ctx context.Context) error {
	for _, name := range []string{Etcd, APIServer} {
		if err := c.start(ctx, name); err != nil {
			return err
		}
	}
	// Not earlier: beside a starting API server they only take its processor and fail their first calls
	// (tried on two cores: 4 s instead of 3).
	if err := inParallel(func(name string) error { return c.start(ctx, name) }, ControllerManager, Scheduler); err != nil {
		return err
	}
	if err := c.bindKubeletClient(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, c.components[ControllerManager], func(ctx context.Context) error {
		return c.probe.ok(ctx, c.layout.server()+"/api/v1/namespaces/default/serviceaccounts/default")
	})
}

func inParallel(do func(string) error, names ...string) error {
	errs := make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { errs[i] = do(name) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

// bindKubeletClient does what `kubeadm init` does after the API server has come up.
func (c *cluster) bindKubeletClient(ctx context.Context) error {
	return c.probe.create(ctx, c.layout.server()+"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: %q }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: %[1]q }]
`, pki.KubeletClientGroup))
}

// stopAll ends the clients and the API server together, then etcd, which they need to end well.
func (c *cluster) stopAll() {
	end := func(name string) error {
		c.components[name].end(syscall.SIGTERM, lifetime.Grace)
		return nil
	}
	inParallel(end, Scheduler, ControllerManager, APIServer)
	end(Etcd)
}

// pids are the processes that run at this moment.
func (c *cluster) pids() map[string]int {
	pids := map[string]int{}
	for name, component := range c.components {
		if r := component.current(); r != nil {
			pids[name] = r.process.Pid
		}
	}
	return pids
}
