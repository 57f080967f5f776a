// Package etcd is etcd's own server behind four flags: one member, no fsync.
package etcd

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// Run serves until SIGTERM or SIGINT and returns the exit code.
func Run(arguments []string) int {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	dataDir := flags.String("data-dir", "", "directory of the data (required)")
	client := flags.String("listen-client-url", "http://127.0.0.1:2379", "where clients connect")
	peer := flags.String("listen-peer-url", "http://127.0.0.1:2380", "where peers would connect, if there were any")
	logLevel := flags.String("log-level", "warn", "debug, info, warn or error")
	flags.Parse(arguments)

	config, err := configure(*dataDir, *client, *peer, *logLevel)
	if err != nil {
		fmt.Fprintln(flags.Output(), "etcd:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server, err := embed.StartEtcd(config)
	if err != nil {
		fmt.Fprintln(flags.Output(), "etcd:", err)
		return 1
	}
	defer server.Close()
	select {
	case <-ctx.Done():
		return 0
	case err := <-server.Err():
		fmt.Fprintln(flags.Output(), "etcd:", err)
		return 1
	}
}

func configure(dataDir, client, peer, logLevel string) (*embed.Config, error) {
	if dataDir == "" {
		return nil, fmt.Errorf("--data-dir is required")
	}
	clientURL, err := url.Parse(client)
	if err != nil {
		return nil, err
	}
	peerURL, err := url.Parse(peer)
	if err != nil {
		return nil, err
	}
	config := embed.NewConfig()
	config.Dir = dataDir
	config.ListenClientUrls = []url.URL{*clientURL}
	config.AdvertiseClientUrls = []url.URL{*clientURL}
	config.ListenPeerUrls = []url.URL{*peerURL}
	config.AdvertisePeerUrls = []url.URL{*peerURL}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel = logLevel
	// The data of a test cluster need not survive a crash of the machine, and fsync is most of what
	// a write costs. A killed etcd still finds its data: the kernel's cache outlives the process.
	config.UnsafeNoFsync = true
	// The default of 2 GB fills up in a benchmark with many events before the API server compacts.
	config.QuotaBackendBytes = 8 << 30
	// `up` holds the ports with SO_REUSEPORT, see internal/cluster/ports.go.
	config.SocketOpts.ReusePort = true
	config.SocketOpts.ReuseAddress = true
	return config, nil
}
