// Command kubeletoptions prints the name of every command line option of the kubelet, one a line. Its output is kept
// as test/fixtures/kubelet-options.txt, and docs/kubelet-options.md has a row for each.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"
	_ "k8s.io/component-base/logs/json/register" // as cmd/kubelet does: two options belong to the JSON format
	"k8s.io/kubernetes/cmd/kubelet/app/options"
)

func main() {
	configuration, err := options.NewKubeletConfiguration()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the kubelet has no default configuration:", err)
		os.Exit(1)
	}
	flags := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	options.NewKubeletFlags().AddFlags(flags)
	options.AddKubeletConfigFlags(flags, configuration)
	options.AddGlobalFlags(flags)
	flags.Bool("help", false, "cobra adds it to every command")
	flags.VisitAll(func(flag *pflag.Flag) { fmt.Println(flag.Name) })
}
