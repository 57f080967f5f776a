package main

import (
	"os"
	_ "time/tzdata" // CronJobs name time zones

	_ "k8s.io/client-go/plugin/pkg/client/auth" // credential plugins of kubeconfigs
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // metrics of the clients
	_ "k8s.io/component-base/metrics/prometheus/version"  // metric with the version
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// The bodies are those of Kubernetes' own main functions.

func kubeAPIServer([]string) int { return cli.Run(apiserver.NewAPIServerCommand()) }
func kubeControllerManager([]string) int {
	return cli.Run(controllermanager.NewControllerManagerCommand())
}
func kubeScheduler([]string) int { return cli.Run(scheduler.NewSchedulerCommand()) }

func kubectl([]string) int {
	// kubectl reads its verbosity before it has parsed its flags.
	logs.GlogSetter(kubectlcmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err) // prints and exits
	}
	return 0
}
