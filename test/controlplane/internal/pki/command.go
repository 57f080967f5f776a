package pki

import (
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// KubeconfigCommand is the subcommand that prints a kubeconfig for any user, so that a test can be
// somebody with few rights: `kubeconfig --state DIR --user NAME [--group GROUP]…`. It works while the
// cluster is up and needs nothing of it but the state directory.
func KubeconfigCommand(arguments []string) int {
	flags := flag.NewFlagSet("kubeconfig", flag.ExitOnError)
	state := flags.String("state", "", "state `directory` of the cluster (required)")
	user := flags.String("user", "", "`name` of the user, such as system:node:burst-1 (required)")
	var groups []string
	flags.Func("group", "`group` of the user, such as system:nodes; may be repeated", func(group string) error {
		groups = append(groups, group)
		return nil
	})
	flags.Parse(arguments)
	if *state == "" || *user == "" || flags.NArg() > 0 {
		flags.Usage()
		return 2
	}
	text, err := issueKubeconfig(*state, Subject{Name: *user, Groups: groups})
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubeconfig:", err)
		return 1
	}
	os.Stdout.Write(text)
	return 0
}

var serverLine = regexp.MustCompile(`(?m)^    server: (.*)$`)

func issueKubeconfig(state string, subject Subject) ([]byte, error) {
	// The server's address is in no file of its own: the administrator's kubeconfig, ours too, has it.
	admin, err := os.ReadFile(filepath.Join(state, Admin+".kubeconfig"))
	if err != nil {
		return nil, err
	}
	server := serverLine.FindSubmatch(admin)
	if server == nil {
		return nil, fmt.Errorf("%s.kubeconfig names no server", Admin)
	}
	ca, err := LoadAuthority(filepath.Join(state, "pki"), CA)
	if err != nil {
		return nil, err
	}
	pair, err := ca.Issue(subject)
	if err != nil {
		return nil, err
	}
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
	return Kubeconfig(string(server[1]), subject.Name, caPEM, pair), nil
}
