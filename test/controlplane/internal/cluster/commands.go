package cluster

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	"burstlet.dev/burstlet/test/controlplane/internal/lifetime"
)

// answer is the JSON line that each command gets, in the order of the commands.
type answer struct {
	Command string  `json:"command"`
	OK      bool    `json:"ok"`
	PID     int     `json:"pid,omitempty"` // the process that was ended or started
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
}

// obey carries out one line from standard input:
//
//	kill COMPONENT   SIGKILL, answered once the process is gone
//	stop COMPONENT   SIGTERM, then SIGKILL after the grace
//	start COMPONENT  on the same port and data, answered once it is ready
func (c *cluster) obey(ctx context.Context, line string) answer {
	begin := time.Now()
	pid, err := c.carryOut(ctx, strings.Fields(line))
	a := answer{Command: strings.TrimSpace(line), OK: err == nil, PID: pid, Seconds: since(begin)}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func (c *cluster) carryOut(ctx context.Context, words []string) (pid int, err error) {
	if len(words) != 2 {
		return 0, fmt.Errorf("a command is two words: kill, stop or start, and a component")
	}
	verb, name := words[0], words[1]
	component, known := c.components[name]
	if !known {
		return 0, fmt.Errorf("no component %q: there are %s, %s, %s and %s", name, Etcd, APIServer, ControllerManager, Scheduler)
	}
	switch verb {
	case "start":
		err = c.start(ctx, name)
		if r := component.current(); r != nil {
			pid = r.process.Pid
		}
		return pid, err
	case "kill":
		pid = component.end(syscall.SIGKILL, lifetime.Grace)
	case "stop":
		pid = component.end(syscall.SIGTERM, lifetime.Grace)
	default:
		return 0, fmt.Errorf("no command %q: there are kill, stop and start", verb)
	}
	if pid == 0 {
		return 0, fmt.Errorf("%s does not run", name)
	}
	return pid, nil
}

// since is in seconds with two digits, for people and programs alike.
func since(begin time.Time) float64 {
	return float64(time.Since(begin).Round(10*time.Millisecond)) / float64(time.Second)
}
