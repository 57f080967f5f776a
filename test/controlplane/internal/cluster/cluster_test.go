package cluster

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	for _, test := range []struct{ arguments, complaint string }{
		{"", "--state is required"},
		{"--state s --bind 0.0.0.0", "one address"},
		{"--state s --bind nonsense", "one address"},
		{"--state s --advertise 127.0.0.1", "not loopback"},
		{"--state s --service-cidr 10.0.0.0", "invalid CIDR"},
		{"--state s up", "unexpected argument"},
		{"--state s --bind 192.0.2.1", ""},
	} {
		_, err := ParseOptions(strings.Fields(test.arguments), io.Discard)
		if test.complaint == "" && err != nil || test.complaint != "" && (err == nil || !strings.Contains(err.Error(), test.complaint)) {
			t.Errorf("%q: %v, expected %q", test.arguments, err, test.complaint)
		}
	}
}

func TestFurtherArgumentsComeLastAndReachOneComponent(t *testing.T) {
	o, err := ParseOptions(strings.Fields("--state s --scheduler-arg=--v=4 --scheduler-arg=--kube-api-qps=5"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	arguments := layout{Options: o}.arguments()
	scheduler := arguments[Scheduler]
	if tail := scheduler[len(scheduler)-2:]; !slices.Equal(tail, []string{"--v=4", "--kube-api-qps=5"}) {
		t.Error(tail)
	}
	for _, other := range []string{Etcd, APIServer, ControllerManager} {
		if slices.Contains(arguments[other], "--v=4") {
			t.Error(other, "got the scheduler's argument")
		}
	}
}

func TestLoopbackIsNotPublished(t *testing.T) {
	for bind, published := range map[string]bool{"127.0.0.1": false, "192.0.2.1": true} {
		o, _ := ParseOptions([]string{"--state=s", "--bind=" + bind}, io.Discard)
		none := slices.Contains(layout{Options: o}.apiServer(), "--endpoint-reconciler-type=none")
		if none == published {
			t.Errorf("bound to %s, published: %v", bind, !none)
		}
	}
}

func TestReservedPortIsOursAlone(t *testing.T) {
	first, err := reserve(loopback)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: loopback, Port: first.port}); err == nil {
		l.Close()
		t.Error("anybody may listen on a reserved port")
	}
	for range 100 {
		other, err := reserve(loopback)
		if err != nil {
			t.Fatal(err)
		}
		if other.port == first.port {
			t.Fatal("one port was reserved twice")
		}
	}
}

func TestRefusesAnotherOnesDirectory(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := layout{Options: Options{StateDir: directory}}
	if err := l.claim(); err == nil {
		t.Error("claimed")
	}
}
