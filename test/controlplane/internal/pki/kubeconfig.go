package pki

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: burstlet-test
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: %[3]q
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: burstlet-test
  context:
    cluster: burstlet-test
    user: %[3]q
current-context: burstlet-test
`

// Kubeconfig is self-contained: it can be handed to a process that sees no other file.
func Kubeconfig(server, user string, ca []byte, pair Pair) []byte {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, kubeconfig, server, b64(ca), user, b64(pair.Certificate), b64(pair.Key))
}

// WriteKubeconfig makes the kubeconfig of a certificate that WriteCluster has issued.
func WriteKubeconfig(path, server, pkiDirectory, name string) error {
	var texts [3][]byte
	for i, file := range []string{CA + ".crt", name + ".crt", name + ".key"} {
		text, err := os.ReadFile(filepath.Join(pkiDirectory, file))
		if err != nil {
			return err
		}
		texts[i] = text
	}
	content := Kubeconfig(server, name, texts[0], Pair{texts[1], texts[2]})
	return os.WriteFile(path, content, 0o600)
}
