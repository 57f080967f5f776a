package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"burstlet.dev/burstlet/test/controlplane/internal/pki"
)

// readyLine is the first line of `up` when all is well.
type readyLine struct {
	Ready      bool           `json:"ready"`
	Server     string         `json:"server"`
	Kubeconfig string         `json:"kubeconfig"`
	CA         string         `json:"ca"`
	StateDir   string         `json:"stateDir"`
	PIDs       map[string]int `json:"pids"`
	Seconds    float64        `json:"seconds"`
}

// failureLine is the first and last line of `up` when it is not.
type failureLine struct {
	Ready bool   `json:"ready"`
	Error string `json:"error"`
}

// eventLine tells of a component that ended although nobody asked.
type eventLine struct {
	Event     string `json:"event"`
	Component string `json:"component"`
	How       string `json:"how"`
}

// The two reasons why everything ends. The first is told to whoever forgot to keep the input open.
var (
	errInputClosed = errors.New("standard input is closed: keep it open for as long as the cluster shall live")
	errSignal      = errors.New("a signal came")
)

// Up is the subcommand. It returns the exit code: 0 after an orderly end, 1 when the cluster did not
// come up, 2 for arguments that make no sense.
func Up(arguments []string) int {
	options, err := ParseOptions(arguments, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "up:", err)
		return 2
	}
	say := lineWriter(os.Stdout)
	ctx, lines := listen(os.Stdin)
	if err := bringUp(ctx, options, lines, say); err != nil {
		say(failureLine{Error: err.Error()})
		fmt.Fprintln(os.Stderr, "up:", err)
		return 1
	}
	return 0
}

// bringUp returns when the cluster is down again. A cluster that did not come up leaves its logs, even
// with --remove-state.
func bringUp(ctx context.Context, options Options, lines <-chan string, say func(any)) error {
	begin := time.Now()
	layout, err := prepare(options)
	if err != nil {
		return err
	}
	c, err := newCluster(layout, func(name, how string) {
		if ctx.Err() == nil {
			say(eventLine{"ended", name, how})
		}
	})
	if err != nil {
		return err
	}
	defer c.stopAll()
	if err := c.startAll(ctx); err != nil {
		return fmt.Errorf("%w (logs: %s)", err, filepath.Dir(layout.log("")))
	}
	if options.RemoveState {
		defer func() {
			c.stopAll()
			os.RemoveAll(options.StateDir)
		}()
	}
	say(readyLine{
		Ready: true, Server: layout.server(), Kubeconfig: layout.kubeconfig(pki.Admin),
		CA: layout.pki(pki.CA + ".crt"), StateDir: options.StateDir, PIDs: c.pids(), Seconds: since(begin),
	})
	for {
		select {
		case <-ctx.Done():
			return nil
		case line := <-lines:
			say(c.obey(ctx, line))
		}
	}
}

// listen reads commands; the context ends when the input does, or at a signal.
func listen(input io.Reader) (context.Context, <-chan string) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() { <-signals; cancel(errSignal) }()
	lines := make(chan string, 100)
	go func() {
		for scanner := bufio.NewScanner(input); scanner.Scan(); {
			lines <- scanner.Text()
		}
		cancel(errInputClosed)
	}()
	return ctx, lines
}

// lineWriter writes whole lines, whoever asks at the same time.
func lineWriter(out io.Writer) func(any) {
	var mu sync.Mutex
	encoder := json.NewEncoder(out)
	return func(line any) {
		mu.Lock()
		defer mu.Unlock()
		encoder.Encode(line)
	}
}
