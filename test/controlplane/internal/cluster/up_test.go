package cluster

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestClosingStandardInputEndsEverything(t *testing.T) {
	t.Parallel()
	u := up(t, filepath.Join(t.TempDir(), "state"), "--remove-state")
	u.stdin.Close()
	begin := time.Now()
	if err := u.cmd.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("down after %.2f s", since(begin))
	u.expectNothingLeft(0)
	if _, err := os.Stat(u.state); !os.IsNotExist(err) {
		t.Errorf("the state is still there: %v", err)
	}
}

func TestKillingUpLeavesNothing(t *testing.T) {
	t.Parallel()
	u := up(t, t.TempDir())
	u.cmd.Process.Kill()
	u.cmd.Wait()
	u.expectNothingLeft(5 * time.Second)
}

// Without the kernel's help: a component alone, whose parent only closes the pipe.
func TestComponentEndsWithItsStandardInput(t *testing.T) {
	t.Parallel()
	command := exec.Command(binary(t), "etcd", "--data-dir", t.TempDir(),
		"--listen-client-url=http://127.0.0.1:0", "--listen-peer-url=http://127.0.0.1:0")
	command.Env = append(os.Environ(), "BURSTLET_END_WITH_STDIN=1")
	stdin, _ := command.StdinPipe()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if !alive(command.Process.Pid) {
		t.Fatal("it ended by itself")
	}
	begin := time.Now()
	stdin.Close()
	command.Wait()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestSchedulesAndSigns(t *testing.T) {
	t.Parallel()
	u := up(t, t.TempDir())
	if got := u.mustKubectl("get", "--raw", "/readyz"); got != "ok" {
		t.Errorf("readyz: %s", got)
	}
	u.mustKubectl("create", "namespace", "work")
	u.mustKubectl("-n", "work", "create", "deployment", "web", "--image=web", "--replicas=3")
	eventually(t, "three pods wait for a node", func() bool {
		out, _ := u.kubectl("-n", "work", "get", "pods", "-o", "jsonpath={.items[*].status.phase}/{.items[*].status.conditions[0].reason}")
		return out == "Pending Pending Pending/Unschedulable Unschedulable Unschedulable"
	})
	token := u.mustKubectl("-n", "work", "create", "token", "default")
	out, err := u.kubectl("--kubeconfig=/dev/null", "--server="+u.ready.Server, "--certificate-authority="+u.ready.CA,
		"--token="+token, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
	if err != nil || out != "system:serviceaccount:work:default" {
		t.Errorf("a service account's token: %v: %s", err, out)
	}
	request := filepath.Join(t.TempDir(), "csr.yaml")
	if err := os.WriteFile(request, []byte(signingRequest(t, "burst-1")), 0o600); err != nil {
		t.Fatal(err)
	}
	u.mustKubectl("create", "-f", request, "--as=system:node:burst-1", "--as-group=system:nodes", "--as-group=system:authenticated")
	u.mustKubectl("certificate", "approve", "burst-1")
	eventually(t, "the kubelet's certificate is signed", func() bool {
		out, _ := u.kubectl("get", "csr", "burst-1", "-o", "jsonpath={.status.certificate}")
		return out != ""
	})
}

func TestRestartsOfTheAPIServer(t *testing.T) {
	t.Parallel()
	u := up(t, t.TempDir())
	u.mustKubectl("create", "namespace", "survivor")
	old := u.ready.PIDs[APIServer]
	if a := u.say("kill apiserver"); !a.OK || a.PID != old {
		t.Errorf("%+v", a)
	}
	if _, err := http.Get(u.ready.Server); err == nil {
		t.Error("it still answers")
	}
	if a := u.say("kill apiserver"); a.OK || !strings.Contains(a.Error, "does not run") {
		t.Errorf("%+v", a)
	}
	a := u.say("start apiserver")
	if !a.OK || a.PID == old {
		t.Fatalf("%+v", a)
	}
	u.mustKubectl("get", "namespace", "survivor")
	if a := u.say("start apiserver"); a.OK {
		t.Errorf("started twice: %+v", a)
	}
	for _, name := range []string{Etcd, ControllerManager, Scheduler} {
		if !alive(u.ready.PIDs[name]) {
			t.Errorf("%s did not outlive the API server", name)
		}
	}
	for _, name := range []string{Scheduler, ControllerManager, Etcd} {
		for _, verb := range []string{"kill", "start", "stop", "start"} {
			if a := u.say(verb + " " + name); !a.OK {
				t.Fatalf("%+v", a)
			}
		}
	}
	u.mustKubectl("get", "namespace", "survivor")
	for _, nonsense := range []string{"restart apiserver", "kill kubelet", "kill"} {
		if a := u.say(nonsense); a.OK || a.Error == "" {
			t.Errorf("%+v", a)
		}
	}
}

func TestTellsOfAComponentThatEndedByItself(t *testing.T) {
	t.Parallel()
	u := up(t, t.TempDir())
	syscall.Kill(u.ready.PIDs[Scheduler], syscall.SIGKILL)
	var event eventLine
	u.read(&event)
	if event != (eventLine{"ended", Scheduler, "signal: killed"}) {
		t.Errorf("%+v", event)
	}
	if a := u.say("start scheduler"); !a.OK {
		t.Errorf("%+v", a)
	}
}

func TestComesBackOnItsOldState(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	first := up(t, state)
	first.mustKubectl("create", "namespace", "survivor")
	token := first.mustKubectl("create", "token", "default")
	second := exec.Command(binary(t), "up", "--state", state)
	if out, err := second.CombinedOutput(); err == nil || !strings.Contains(string(out), "another cluster runs in") {
		t.Errorf("two clusters in one directory: %v: %s", err, out)
	}
	first.cmd.Process.Signal(syscall.SIGTERM)
	if err := first.cmd.Wait(); err != nil {
		t.Error(err)
	}
	first.expectNothingLeft(0)

	again := up(t, state)
	again.mustKubectl("get", "namespace", "survivor")
	again.mustKubectl("--kubeconfig=/dev/null", "--server="+again.ready.Server, "--certificate-authority="+again.ready.CA,
		"--token="+token, "auth", "whoami")
}

func TestSaysWhyItDoesNotStart(t *testing.T) {
	state := t.TempDir()
	command := exec.Command(binary(t), "up", "--state", state, "--remove-state", "--apiserver-arg=--no-such-flag")
	command.StdinPipe()
	out, err := command.Output()
	if err == nil || !strings.Contains(string(out), `"ready":false`) || !strings.Contains(string(out), "no-such-flag") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(state, "logs", "kube-apiserver.log")); err != nil {
		t.Error("a failed start must leave its logs:", err)
	}
}

func TestSaysThatItsInputIsClosed(t *testing.T) {
	out, err := exec.Command(binary(t), "up", "--state", t.TempDir()).Output()
	if err == nil || !strings.Contains(string(out), "standard input is closed: keep it open") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAnyUserOfATest(t *testing.T) {
	t.Parallel()
	u := up(t, t.TempDir())
	kubeconfig, err := exec.Command(binary(t), "kubeconfig", "--state", u.state,
		"--user=system:node:burst-1", "--group=system:nodes").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "node.kubeconfig")
	if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := u.mustKubectl("--kubeconfig="+path, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"); got != "system:node:burst-1" {
		t.Errorf("who am I: %s", got)
	}
	// NodeRestriction and the Node authorizer are at work: a node may not touch another one.
	out, err := u.kubectl("--kubeconfig="+path, "get", "secrets", "-A")
	if err == nil || !strings.Contains(out, "Forbidden") {
		t.Errorf("a node lists all secrets: %v: %s", err, out)
	}
}
