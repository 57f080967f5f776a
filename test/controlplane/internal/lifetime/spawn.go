package lifetime

import (
	"os/exec"
	"runtime"
)

// Spawner starts children from one operating-system thread that never ends. The parent-death signal
// is sent when the *thread* that forked the child ends, and the Go runtime ends threads at will.
type Spawner struct{ requests chan request }

type request struct {
	command *exec.Cmd
	result  chan error
}

// NewSpawner starts the thread. One per process is enough, and it is never stopped on purpose.
func NewSpawner() *Spawner {
	s := &Spawner{requests: make(chan request)}
	go func() {
		runtime.LockOSThread() // and never unlocked
		for r := range s.requests {
			r.result <- r.command.Start()
		}
	}()
	return s
}

// Start is command.Start on the lasting thread, with the guards set: a group of its own, so that
// Ctrl-C in a terminal reaches only the parent, which then ends the children in order.
func (s *Spawner) Start(command *exec.Cmd) error {
	command.SysProcAttr = guard()
	r := request{command, make(chan error, 1)}
	s.requests <- r
	return <-r.result
}
