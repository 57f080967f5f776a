package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

// execOptions say how a command is run; every command of this program that runs one has these flags.
type execOptions struct {
	target
	transport string
	protocol  string
	streams
}

func (o *execOptions) register(flags *flag.FlagSet) {
	o.target.register(flags)
	flags.StringVar(&o.transport, "transport", "websocket", "`spdy` or `websocket`")
	flags.StringVar(&o.protocol, "protocol", "", "the one subprotocol to offer, `v5.channel.k8s.io` to channel.k8s.io; default client-go's own")
}

func (o *execOptions) executor(config *rest.Config) (remotecommand.Executor, error) {
	url, err := o.execURL(config, o.streams)
	if err != nil {
		return nil, err
	}
	switch o.transport {
	case "websocket":
		if o.protocol == "" {
			return remotecommand.NewWebSocketExecutor(config, http.MethodGet, url.String())
		}
		return remotecommand.NewWebSocketExecutorForProtocols(config, http.MethodGet, url.String(), o.protocol)
	case "spdy":
		if o.protocol == "" {
			return remotecommand.NewSPDYExecutor(config, http.MethodPost, url)
		}
		transport, upgrader, err := spdy.RoundTripperFor(config)
		if err != nil {
			return nil, err
		}
		return remotecommand.NewSPDYExecutorForProtocols(transport, upgrader, http.MethodPost, url, o.protocol)
	}
	return nil, fmt.Errorf("--transport %s: expected spdy or websocket", o.transport)
}

// execResult is what `exec` prints. ExitCode is absent where the command's end is not known.
type execResult struct {
	ExitCode *int   `json:"exitCode,omitempty"`
	Error    string `json:"error,omitempty"`
	Stdin    digest `json:"stdin"`
	Stdout   digest `json:"stdout"`
	Stderr   digest `json:"stderr"`
}

// runExec runs one command to its end.
func runExec(arguments []string) (any, error) {
	var options execOptions
	flags := flag.NewFlagSet("exec", flag.ExitOnError)
	options.register(flags)
	stdinBytes := flags.Int64("stdin-bytes", -1, "`number` of bytes that the command gets as standard input, with an end; none: it has no input")
	flags.BoolVar(&options.tty, "tty", false, "give it a terminal")
	resizes := flags.Int("resizes", 0, "`number` of sizes that the terminal takes in one burst; the last is 200 columns of 50 rows")
	flags.Parse(arguments)
	options.stdin, options.command = *stdinBytes >= 0, flags.Args()

	config, err := options.config()
	if err != nil {
		return nil, err
	}
	executor, err := options.executor(config)
	if err != nil {
		return nil, err
	}
	sent, out, problem := newMeter(), newMeter(), newMeter()
	stream := remotecommand.StreamOptions{Stdout: out, Tty: options.tty}
	if options.stdin {
		stream.Stdin = io.TeeReader(newPattern(*stdinBytes), sent)
	}
	if options.tty {
		stream.TerminalSizeQueue = &sizes{left: *resizes}
	} else {
		stream.Stderr = problem
	}
	result := execResult{}
	err = executor.StreamWithContext(context.Background(), stream)
	result.ExitCode, result.Error = outcome(err)
	result.Stdin, result.Stdout, result.Stderr = sent.digest(), out.digest(), problem.digest()
	return result, nil
}

func outcome(err error) (*int, string) {
	code := 0
	var ended exec.CodeExitError
	if errors.As(err, &ended) {
		code = ended.Code
	} else if err != nil {
		return nil, err.Error()
	}
	return &code, ""
}

// sizes is a burst of them: as fast as they are taken, all different.
type sizes struct{ left int }

func (s *sizes) Next() *remotecommand.TerminalSize {
	if s.left == 0 {
		return nil
	}
	s.left--
	return &remotecommand.TerminalSize{Width: uint16(200 + s.left), Height: uint16(50 + s.left)}
}

// runHold starts many commands that rest, says so, and keeps them until standard input ends.
func runHold(arguments []string) (any, error) {
	var options execOptions
	flags := flag.NewFlagSet("hold", flag.ExitOnError)
	options.register(flags)
	count := flags.Int("sessions", 1, "`number` of commands at once; each must print something once it runs")
	flags.Parse(arguments)
	options.stdin, options.command = true, flags.Args()
	config, err := options.config()
	if err != nil {
		return nil, err
	}

	started, ended := make(chan struct{}, *count), make(chan error, *count)
	for range *count {
		executor, err := options.executor(config)
		if err != nil {
			return nil, err
		}
		go func() {
			// Standard input stays open, and nothing is ever sent.
			quiet, _ := io.Pipe()
			first := &firstWrite{tell: func() { started <- struct{}{} }}
			streams := remotecommand.StreamOptions{Stdin: quiet, Stdout: first, Stderr: io.Discard}
			ended <- executor.StreamWithContext(context.Background(), streams)
		}()
	}
	for open := 0; open < *count; open++ {
		select {
		case <-started:
		case err := <-ended:
			return nil, fmt.Errorf("session %d of %d ended at once: %w", open+1, *count, err)
		}
	}
	say(map[string]int{"open": *count})
	io.Copy(io.Discard, os.Stdin)
	// The sessions end with this process.
	return map[string]int{"lost": len(ended)}, nil
}

// firstWrite drops what it is given, and tells of the first.
type firstWrite struct {
	tell func()
	done bool
}

func (f *firstWrite) Write(data []byte) (int, error) {
	if !f.done {
		f.done = true
		f.tell()
	}
	return len(data), nil
}
