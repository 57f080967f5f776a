// Command clients speaks client-go's streaming protocols, the one that it is told to, so that a test can see each of
// them work, and prints what came of it as one line of JSON. `exec` runs one command, `hold` many that rest, `forward`
// opens connections to a port of a pod. Each works through the API server, or straight at a kubelet port (--node).
//
// What it sends is the same for every run: lines that count from 0.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"burstlet.dev/burstlet/test/controlplane/internal/lifetime"
)

var commands = map[string]func(arguments []string) (any, error){
	"exec":    runExec,
	"hold":    runHold,
	"forward": runForward,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: clients exec|hold|forward [FLAG...] [-- COMMAND...]")
		os.Exit(2)
	}
	lifetime.EndWithStdin()
	result, err := commands[os.Args[1]](os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
	say(result)
}

func say(result any) {
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}
