package cluster

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"burstlet.dev/burstlet/test/controlplane/internal/lifetime"
)

// component is one child process of ours, which may be killed and started again with the same
// arguments, hence on the same port.
type component struct {
	name      string
	arguments []string
	logFile   string
	spawner   *lifetime.Spawner
	onEnd     func(name, how string) // called when it ends although nobody asked

	mu    sync.Mutex
	run   *run
	asked bool // the present run was told to end
}

// run is one life of the process.
type run struct {
	process *os.Process
	guard   io.Closer     // the write end of its standard input; closing it tells it to end
	done    chan struct{} // closed once it is reaped
	how     string        // how it ended; to be read after done
}

func (c *component) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != nil && !c.run.over() {
		return fmt.Errorf("%s runs already, as process %d", c.name, c.run.process.Pid)
	}
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(c.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own descriptor
	command := exec.Command(executable, append([]string{subcommand[c.name]}, c.arguments...)...)
	command.Stdout, command.Stderr = log, log
	command.Env = environment()
	guard, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.spawner.Start(command); err != nil {
		return err
	}
	c.asked = false
	c.run = &run{process: command.Process, guard: guard, done: make(chan struct{})}
	go c.reap(c.run, command)
	return nil
}

func (c *component) reap(r *run, command *exec.Cmd) {
	command.Wait()
	r.how = command.ProcessState.String()
	c.mu.Lock()
	surprise := !c.asked
	c.mu.Unlock()
	close(r.done)
	if surprise {
		c.onEnd(c.name, r.how)
	}
}

// environment leaves proxies out: every server that a component talks to is on this machine.
func environment() []string {
	result := []string{lifetime.StdinVariable + "=1"}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		if name != "HTTP_PROXY" && name != "HTTPS_PROXY" && name != "ALL_PROXY" {
			result = append(result, entry)
		}
	}
	return result
}

func (r *run) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// current is the present run, or nil.
func (c *component) current() *run {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil || c.run.over() {
		return nil
	}
	return c.run
}

// end sends the signal and waits; what outlasts the grace is killed. Returns the id of the process,
// 0 if there was none.
func (c *component) end(signal syscall.Signal, grace time.Duration) int {
	r := c.current()
	if r == nil {
		return 0
	}
	c.mu.Lock()
	c.asked = true
	c.mu.Unlock()
	r.process.Signal(signal)
	select {
	case <-r.done:
	case <-time.After(grace):
		r.process.Kill()
		<-r.done
	}
	return r.process.Pid
}

// lastWords is the end of the log, for the message about a component that does not start.
func (c *component) lastWords() string {
	text, err := os.ReadFile(c.logFile)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
