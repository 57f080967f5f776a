package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// connection is what `forward` prints of each that it read to its end.
type connection struct {
	Error    string `json:"error,omitempty"`
	Received digest `json:"received"`
}

type forwardResult struct {
	// Refused is what was said of the port where nobody listens, on the same session and before everything else.
	Refused string `json:"refused,omitempty"`
	// Sent is what every connection sent before it closed its half.
	Sent        digest       `json:"sent"`
	Connections []connection `json:"connections"`
	// Errors is what the forwarder complained of.
	Errors string `json:"errors"`
}

// runForward opens connections to one port, all at once, sends the same on each, closes its half, and reads the answers
// to their ends; a few it never reads, and closes when the others are done.
func runForward(arguments []string) (any, error) {
	var target target
	flags := flag.NewFlagSet("forward", flag.ExitOnError)
	target.register(flags)
	transport := flags.String("transport", "tunnel", "`spdy`, or tunnel for SPDY in a WebSocket")
	port := flags.Uint("port", 0, "`port` in the pod (required)")
	count := flags.Int("connections", 1, "`number` of connections whose answers are read")
	unread := flags.Int("unread", 0, "`number` of further connections, opened before these, that nobody reads")
	bytes := flags.Int64("send-bytes", 0, "`number` of bytes to send on each")
	refused := flags.Uint("refused-port", 0, "`port` in the pod where nobody listens, to be tried first on the same session")
	patience := flags.Duration("within", 2*time.Minute, "`time` after which a connection counts as stuck")
	flags.Parse(arguments)
	config, err := target.config()
	if err != nil {
		return nil, err
	}
	dialer, err := newDialer(&target, config, *transport)
	if err != nil {
		return nil, err
	}
	session := &sharedSession{dialer: dialer}
	complaints := newMeter()
	local, stop, err := listen(session, uint16(*port), complaints)
	if err != nil {
		return nil, err
	}
	defer stop()

	result := forwardResult{}
	if *refused != 0 {
		if result.Refused, err = session.errorOf(uint16(*refused)); err != nil {
			return nil, err
		}
	}
	for range *unread {
		idle, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", local)
		if err != nil {
			return nil, err
		}
		defer idle.Close()
		if err := sendAll(idle, *bytes); err != nil {
			return nil, err
		}
	}
	result.Sent = digestOf(newPattern(*bytes))
	done := make(chan connection, *count)
	for range *count {
		go func() { done <- talk(local, *bytes, *patience) }()
	}
	for range *count {
		result.Connections = append(result.Connections, <-done)
	}
	result.Errors = complaints.digest().Text
	return result, nil
}

func newDialer(target *target, config *rest.Config, transport string) (httpstream.Dialer, error) {
	url, err := target.forwardURL(config)
	if err != nil {
		return nil, err
	}
	switch transport {
	case "tunnel":
		return portforward.NewSPDYOverWebsocketDialer(url, config)
	case "spdy":
		return newSPDYDialer(url, config)
	}
	return nil, fmt.Errorf("--transport %s: expected spdy or tunnel", transport)
}

func newSPDYDialer(url *url.URL, config *rest.Config) (httpstream.Dialer, error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url), nil
}

// A sharedSession lets a test open streams of its own beside those of client-go's forwarder.
type sharedSession struct {
	dialer     httpstream.Dialer
	connection httpstream.Connection
}

func (s *sharedSession) Dial(protocols ...string) (httpstream.Connection, string, error) {
	connection, protocol, err := s.dialer.Dial(protocols...)
	s.connection = connection
	return connection, protocol, err
}

// errorOf opens one forwarded connection as client-go's forwarder does, and returns what the server says of it. (The
// forwarder itself ends the whole session at the first word on an error stream.)
func (s *sharedSession) errorOf(port uint16) (string, error) {
	headers := http.Header{}
	headers.Set(v1.PortHeader, number(port))
	headers.Set(v1.PortForwardRequestIDHeader, "1000000") // the forwarder counts from 0
	streams := map[string]httpstream.Stream{}
	for _, kind := range []string{v1.StreamTypeError, v1.StreamTypeData} {
		headers.Set(v1.StreamType, kind)
		stream, err := s.connection.CreateStream(headers)
		if err != nil {
			return "", err
		}
		defer s.connection.RemoveStreams(stream)
		streams[kind] = stream
	}
	streams[v1.StreamTypeError].Close()
	text, err := io.ReadAll(streams[v1.StreamTypeError])
	streams[v1.StreamTypeData].Reset()
	return string(text), err
}

// listen resolves to the address on loopback that leads to the port of the pod.
func listen(dialer httpstream.Dialer, port uint16, complaints io.Writer) (string, func(), error) {
	over, ready, failed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ports := []string{"0:" + number(port)}
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, ports, over, ready, io.Discard, io.MultiWriter(complaints, os.Stderr))
	if err != nil {
		return "", nil, err
	}
	go func() { failed <- forwarder.ForwardPorts() }()
	select {
	case err := <-failed:
		return "", nil, err
	case <-ready:
	}
	open, err := forwarder.GetPorts()
	if err != nil {
		return "", nil, err
	}
	return net.JoinHostPort("127.0.0.1", number(open[0].Local)), func() { close(over) }, nil
}

func talk(address string, bytes int64, patience time.Duration) connection {
	received := newMeter()
	fail := func(err error) connection { return connection{err.Error(), received.digest()} }
	socket, err := net.Dial("tcp", address)
	if err != nil {
		return fail(err)
	}
	defer socket.Close()
	if err := socket.SetDeadline(time.Now().Add(patience)); err != nil {
		return fail(err)
	}
	sending := make(chan error, 1)
	go func() { sending <- sendAll(socket, bytes) }()
	if _, err := io.Copy(received, socket); err != nil {
		return fail(err)
	}
	if err := <-sending; err != nil {
		return fail(err)
	}
	return connection{"", received.digest()}
}

// sendAll sends and closes its half.
func sendAll(socket net.Conn, bytes int64) error {
	if _, err := io.Copy(socket, newPattern(bytes)); err != nil {
		return err
	}
	return socket.(*net.TCPConn).CloseWrite()
}
