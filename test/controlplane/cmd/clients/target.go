package main

import (
	"errors"
	"flag"
	"net/url"
	"strconv"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// A target is a container, and the way to it.
type target struct {
	kubeconfig string
	// node is the URL of a kubelet port; without it the way leads through the API server.
	node      string
	namespace string
	pod       string
	container string
}

func (t *target) register(flags *flag.FlagSet) {
	flags.StringVar(&t.kubeconfig, "kubeconfig", "", "`file` that says who we are and where the API server is (required)")
	flags.StringVar(&t.node, "node", "", "`URL` of a kubelet port to go to instead of the API server; its certificate is not checked")
	flags.StringVar(&t.namespace, "namespace", "default", "`namespace` of the pod")
	flags.StringVar(&t.pod, "pod", "", "`name` of the pod (required)")
	flags.StringVar(&t.container, "container", "main", "`name` of the container")
}

// config is the identity, and the server that it is shown to.
func (t *target) config() (*rest.Config, error) {
	if t.kubeconfig == "" || t.pod == "" {
		return nil, errors.New("--kubeconfig and --pod are required")
	}
	config, err := clientcmd.BuildConfigFromFlags("", t.kubeconfig)
	if err != nil || t.node == "" {
		return config, err
	}
	config.Host = t.node
	config.CAData, config.CAFile, config.Insecure = nil, "", true
	return config, nil
}

// streams says which of them a command asks for.
type streams struct {
	stdin, tty bool
	command    []string
}

func (t *target) execURL(config *rest.Config, streams streams) (*url.URL, error) {
	query := url.Values{"command": streams.command}
	truth, path := "true", []string{"api/v1/namespaces", t.namespace, "pods", t.pod, "exec"}
	names := map[string]string{"stdin": "stdin", "stdout": "stdout", "stderr": "stderr"}
	if t.node != "" {
		// The kubelet's own words: 1 for true, and streams named from the server's side.
		truth, path = "1", []string{"exec", t.namespace, t.pod, t.container}
		names = map[string]string{"stdin": "input", "stdout": "output", "stderr": "error"}
	} else {
		query.Set("container", t.container)
	}
	for name, asked := range map[string]bool{
		names["stdin"]: streams.stdin, names["stdout"]: true, names["stderr"]: !streams.tty, "tty": streams.tty,
	} {
		if asked {
			query.Set(name, truth)
		}
	}
	return locate(config, path, query)
}

func (t *target) forwardURL(config *rest.Config) (*url.URL, error) {
	if t.node != "" {
		return locate(config, []string{"portForward", t.namespace, t.pod}, nil)
	}
	return locate(config, []string{"api/v1/namespaces", t.namespace, "pods", t.pod, "portforward"}, nil)
}

func locate(config *rest.Config, path []string, query url.Values) (*url.URL, error) {
	host, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	located := host.JoinPath(path...)
	located.RawQuery = query.Encode()
	return located, nil
}

func number(value uint16) string { return strconv.Itoa(int(value)) }
