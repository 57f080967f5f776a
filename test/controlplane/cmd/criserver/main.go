// Command criserver is the least that a node in Go can be for exec and port-forward: Kubernetes' own streaming server
// for container runtimes (k8s.io/cri-streaming) behind the kubelet's two paths. It runs commands and dials ports of the
// machine that it is on, whatever pod they are asked of. The benchmark measures burstlet beside it.
//
// It asks nobody who they are, so it may listen where only the test can reach it. It prints {"port":N} once it listens,
// and ends when its standard input does.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"

	"burstlet.dev/burstlet/test/controlplane/internal/lifetime"
)

// As the kubelet has them.
const (
	idleTimeout     = 4 * time.Hour
	creationTimeout = remotecommand.DefaultStreamCreationTimeout
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "`address` to listen on")
	certificate := flag.String("cert", "", "PEM `file` of the serving certificate (required)")
	key := flag.String("key", "", "PEM `file` of its key (required)")
	flag.Parse()
	lifetime.EndWithStdin()
	if err := serve(*address, *certificate, *key); err != nil {
		fmt.Fprintln(os.Stderr, "criserver:", err)
		os.Exit(1)
	}
}

func serve(address, certificate, key string) error {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/exec/{namespace}/{pod}/{container}", serveExec)
	routes.HandleFunc("/portForward/{namespace}/{pod}", servePortForward)
	json.NewEncoder(os.Stdout).Encode(map[string]int{"port": listener.Addr().(*net.TCPAddr).Port})
	// HTTP/2 has no upgrades, so it is not offered.
	secured := tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}})
	return http.Serve(secured, routes)
}

func serveExec(answer http.ResponseWriter, request *http.Request) {
	options, err := remotecommand.NewOptions(request)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	command := request.URL.Query()["command"]
	remotecommand.ServeExec(answer, request, machine{}, request.PathValue("pod"), "", request.PathValue("container"),
		command, options, idleTimeout, creationTimeout, remotecommand.SupportedStreamingProtocols)
}

func servePortForward(answer http.ResponseWriter, request *http.Request) {
	options, err := portforward.NewV4Options(request)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(answer, request, machine{}, request.PathValue("pod"), "", options,
		idleTimeout, creationTimeout, portforward.SupportedProtocols)
}

// machine is the container runtime: this machine is every container.
type machine struct{}

func (machine) ExecInContainer(ctx context.Context, _, _, _ string, words []string, in io.Reader, out, problem io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdin = in
	// An interface that holds a nil pointer is no nil.
	if out != nil {
		command.Stdout = out
	}
	if problem != nil {
		command.Stderr = problem
	}
	err := command.Run()
	if ended, ok := err.(*exec.ExitError); ok {
		return &utilexec.ExitErrorWrapper{ExitError: ended}
	}
	return err
}

func (machine) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	socket, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return err
	}
	defer socket.Close()
	received := make(chan error, 1)
	go func() {
		_, err := io.Copy(stream, socket)
		received <- err
	}()
	go func() {
		io.Copy(socket, stream)
		socket.(*net.TCPConn).CloseWrite()
	}()
	return <-received
}
