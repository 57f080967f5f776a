package pki

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryCertificateIsGoodForItsUse(t *testing.T) {
	directory := t.TempDir()
	if err := WriteCluster(directory, []string{"192.0.2.1", "kubernetes.default.svc"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file, authority, host string
		usage                 x509.ExtKeyUsage
	}{
		{APIServer, CA, "192.0.2.1", x509.ExtKeyUsageServerAuth},
		{APIServer, CA, "kubernetes.default.svc", x509.ExtKeyUsageServerAuth},
		{LoopbackServer, CA, "127.0.0.1", x509.ExtKeyUsageServerAuth},
		{APIServerKubelet, CA, "", x509.ExtKeyUsageClientAuth},
		{FrontProxyClient, FrontProxyCA, "", x509.ExtKeyUsageClientAuth},
		{Admin, CA, "", x509.ExtKeyUsageClientAuth},
		{ControllerManager, CA, "", x509.ExtKeyUsageClientAuth},
		{Scheduler, CA, "", x509.ExtKeyUsageClientAuth},
	} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(directory, test.file+".crt"), filepath.Join(directory, test.file+".key"))
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		ca, _ := os.ReadFile(filepath.Join(directory, test.authority+".crt"))
		roots.AppendCertsFromPEM(ca)
		_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: test.host, KeyUsages: []x509.ExtKeyUsage{test.usage}})
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
		}
	}
}

func TestRootsOutliveARunAndKeysArePrivate(t *testing.T) {
	directory := t.TempDir()
	read := func() (text string) {
		if err := WriteCluster(directory, []string{"127.0.0.1"}); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{CA + ".crt", FrontProxyCA + ".crt", ServiceAccount + ".key", ServiceAccount + ".pub"} {
			content, _ := os.ReadFile(filepath.Join(directory, file))
			text += string(content)
		}
		return text
	}
	if read() != read() {
		t.Error("a second run made new roots")
	}
	keys, _ := filepath.Glob(filepath.Join(directory, "*.key"))
	for _, key := range keys {
		if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", key, info.Mode(), err)
		}
	}
}

func TestKubeconfigQuotesTheUser(t *testing.T) {
	text := string(Kubeconfig("https://192.0.2.1:6443", "system:node:burst-1", []byte("ca"), Pair{}))
	if strings.Count(text, `"system:node:burst-1"`) != 2 || !strings.Contains(text, "server: https://192.0.2.1:6443\n") {
		t.Error(text)
	}
}
