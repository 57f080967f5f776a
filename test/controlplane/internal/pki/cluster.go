package pki

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// The file names, without extension, under the directory that WriteCluster fills. They are kubeadm's
// where kubeadm has the file, so that whoever knows a real cluster finds their way.
const (
	CA                = "ca"             // signs servers, clients and certificate signing requests
	FrontProxyCA      = "front-proxy-ca" // signs the aggregator's client certificate alone
	APIServer         = "apiserver"
	APIServerKubelet  = "apiserver-kubelet-client"
	FrontProxyClient  = "front-proxy-client"
	LoopbackServer    = "loopback-server" // health ports of controller-manager and scheduler
	Admin             = "admin"
	ControllerManager = "controller-manager"
	Scheduler         = "scheduler"
	ServiceAccount    = "sa" // sa.key signs tokens, sa.pub checks them
)

// KubeletClientGroup is the group of the certificate with which the API server calls kubelets. As in
// a cluster made by kubeadm it is no superuser by birth: `up` binds it to cluster-admin, so a kubelet
// API that authorises by name alone fails here as it would there.
const KubeletClientGroup = "kubeadm:cluster-admins"

// WriteCluster makes everything that is not there yet and issues the leaves anew, because the
// addresses may have changed since the last run.
func WriteCluster(directory string, apiServerHosts []string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	ca, err := authority(directory, CA)
	if err != nil {
		return err
	}
	frontProxyCA, err := authority(directory, FrontProxyCA)
	if err != nil {
		return err
	}
	leaves := []struct {
		file    string
		issuer  *Authority
		subject Subject
	}{
		{APIServer, ca, Subject{Name: "kube-apiserver", Hosts: apiServerHosts}},
		{LoopbackServer, ca, Subject{Name: "loopback", Hosts: []string{"127.0.0.1", "localhost"}}},
		{APIServerKubelet, ca, Subject{Name: "kube-apiserver-kubelet-client", Groups: []string{KubeletClientGroup}}},
		{FrontProxyClient, frontProxyCA, Subject{Name: FrontProxyClient}},
		{Admin, ca, Subject{Name: "kubernetes-admin", Groups: []string{"system:masters"}}},
		{ControllerManager, ca, Subject{Name: "system:kube-controller-manager"}},
		{Scheduler, ca, Subject{Name: "system:kube-scheduler"}},
	}
	for _, leaf := range leaves {
		pair, err := leaf.issuer.Issue(leaf.subject)
		if err != nil {
			return err
		}
		if err := pair.write(directory, leaf.file); err != nil {
			return err
		}
	}
	return serviceAccountKey(directory)
}

// serviceAccountKey keeps an old key: tokens in Secrets and in running pods are signed with it.
func serviceAccountKey(directory string) error {
	private := filepath.Join(directory, ServiceAccount+".key")
	if _, err := os.Stat(private); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	if err := os.WriteFile(filepath.Join(directory, ServiceAccount+".pub"), public, 0o644); err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	return os.WriteFile(private, text, 0o600)
}
