package cluster

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BinaryVariable names the binary that the slow tests drive: the cluster they bring up is a real one.
const BinaryVariable = "BURSTLET_CONTROLPLANE"

// upProcess is `controlplane up` as a test support sees it: a process with two pipes.
type upProcess struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
	ready readyLine
	state string
}

func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv(BinaryVariable)
	if path == "" {
		t.Skip("set " + BinaryVariable + " to the binary that build.sh has made")
	}
	return path
}

func up(t *testing.T, state string, arguments ...string) *upProcess {
	t.Helper()
	u := &upProcess{t: t, state: state}
	u.cmd = exec.Command(binary(t), append([]string{"up", "--state", state}, arguments...)...)
	u.cmd.Stderr = os.Stderr
	u.stdin, _ = u.cmd.StdinPipe()
	stdout, _ := u.cmd.StdoutPipe()
	u.lines = bufio.NewScanner(stdout)
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.stdin.Close(); u.cmd.Wait() })
	u.read(&u.ready)
	if !u.ready.Ready {
		t.Fatalf("not ready: %s", u.lines.Text())
	}
	t.Logf("ready after %.2f s", u.ready.Seconds)
	return u
}

func (u *upProcess) read(line any) {
	u.t.Helper()
	if !u.lines.Scan() {
		u.t.Fatalf("no line: %v", u.lines.Err())
	}
	if err := json.Unmarshal(u.lines.Bytes(), line); err != nil {
		u.t.Fatalf("%q: %v", u.lines.Text(), err)
	}
}

func (u *upProcess) say(command string) (a answer) {
	u.t.Helper()
	io.WriteString(u.stdin, command+"\n")
	u.read(&a)
	u.t.Logf("%s", u.lines.Text())
	return a
}

// kubectl returns what the command prints, errors included.
func (u *upProcess) kubectl(arguments ...string) (string, error) {
	kubeconfig := filepath.Join(u.state, "admin.kubeconfig")
	command := exec.Command(binary(u.t), append([]string{"kubectl", "--kubeconfig", kubeconfig}, arguments...)...)
	out, err := command.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (u *upProcess) mustKubectl(arguments ...string) string {
	u.t.Helper()
	out, err := u.kubectl(arguments...)
	if err != nil {
		u.t.Fatalf("kubectl %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// eventually tries for 15 s.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 15*time.Second; time.Sleep(50 * time.Millisecond) {
		if check() {
			return
		}
	}
	t.Fatalf("not within 15 s: %s", what)
}

// expectNothingLeft fails when a component of the cluster still runs.
func (u *upProcess) expectNothingLeft(within time.Duration) {
	u.t.Helper()
	begin := time.Now()
	for name, pid := range u.ready.PIDs {
		for alive(pid) {
			if time.Since(begin) > within {
				u.t.Fatalf("%s, process %d, outlives the cluster", name, pid)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	u.t.Logf("nothing left after %.2f s", since(begin))
}

// alive does not count what has ended and waits to be reaped.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(stat), "Z")
}
