// Package lifetime makes sure that no process of a test cluster outlives the one that started it.
//
// Two guards, because each has a hole. The kernel's parent-death signal (Guard) acts at once, but
// exists on Linux alone and is tied to the thread that started the child. A pipe on the child's
// standard input (EndWithStdin) works everywhere and for any way the parent ends, but needs the
// child's help.
package lifetime

import (
	"io"
	"os"
	"syscall"
	"time"
)

// StdinVariable asks a component to end when its standard input closes. It is a variable and not a
// flag because the components' flags belong to Kubernetes.
const StdinVariable = "BURSTLET_END_WITH_STDIN"

// Grace is how long a process may take to end after SIGTERM before it is killed.
const Grace = 3 * time.Second

// EndWithStdin watches standard input if StdinVariable says so. Once the input closes, the process
// gets the SIGTERM that its own handlers know, and Grace later it is gone whatever they do: the API
// server, for one, lingers while watches are open.
func EndWithStdin() {
	if os.Getenv(StdinVariable) == "" {
		return
	}
	// A child of this process (a kubectl plugin, an exec credential helper) has its own input.
	os.Unsetenv(StdinVariable)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(Grace)
		os.Exit(1)
	}()
}
