// Package metricsserver reads what burstlet serves with metrics-server's own client and decoder.
package metricsserver

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/metrics-server/pkg/scraper/client"
	"sigs.k8s.io/metrics-server/pkg/scraper/client/resource"
	"sigs.k8s.io/metrics-server/pkg/storage"
)

// The answer that src/kubelet/metrics/resource.test.ts compares with what burstlet writes.
const recorded = "../fixtures/metrics/resource.txt"

var (
	sampled = time.UnixMilli(1_767_323_045_678)
	started = sampled.Add(-time.Minute)
)

func TestDecodesWhatBurstletServes(t *testing.T) {
	batch := scrape(t, "/metrics/resource", nil)
	wantNode := storage.MetricsPoint{Timestamp: sampled, CumulativeCPUUsed: 12_250_000_000, MemoryUsage: 2*64<<20 + 4096}
	if got := batch.Nodes["burst-1"]; got != wantNode {
		t.Errorf("node: got %+v, want %+v", got, wantNode)
	}
	// The pod whose memory is not known is not told at all: half of it would be an error in metrics-server's log.
	want := map[types.NamespacedName]storage.PodMetricsPoint{
		{Namespace: "default", Name: "web"}: {Containers: map[string]storage.MetricsPoint{
			"main": {StartTime: started, Timestamp: sampled, CumulativeCPUUsed: 1_500_000_000, MemoryUsage: 64 << 20},
		}},
		{Namespace: "default", Name: "pair"}: {Containers: map[string]storage.MetricsPoint{
			"app": {StartTime: started, Timestamp: sampled.Add(time.Second), CumulativeCPUUsed: 1, MemoryUsage: 4096},
			"log": {StartTime: started.Add(30 * time.Second), Timestamp: sampled, CumulativeCPUUsed: 333_333_333, MemoryUsage: 64 << 20},
		}},
	}
	for name, pod := range batch.Pods {
		for container, point := range pod.Containers {
			// Seconds since 1970 with three decimals do not fit a float64 to the nanosecond.
			point.StartTime = point.StartTime.Round(time.Millisecond)
			pod.Containers[container] = point
		}
		if !reflect.DeepEqual(pod, want[name]) {
			t.Errorf("pod %v: got %+v, want %+v", name, pod, want[name])
		}
	}
	if len(batch.Pods) != len(want) {
		t.Errorf("got %d pods, want %d", len(batch.Pods), len(want))
	}
}

func TestFollowsTheAnnotationOfASharedPort(t *testing.T) {
	annotations := map[string]string{"metrics.k8s.io/resource-metrics-path": "/nodes/burst-1/metrics/resource"}
	if batch := scrape(t, "/nodes/burst-1/metrics/resource", annotations); len(batch.Pods) != 2 {
		t.Errorf("got %d pods, want 2", len(batch.Pods))
	}
}

// scrape serves the recorded answer at one path and has metrics-server ask a node for it.
func scrape(t *testing.T, path string, annotations map[string]string) *storage.MetricsBatch {
	t.Helper()
	answer, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(answer)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	host, portText, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		t.Fatal(err)
	}
	kubelet, err := resource.NewForConfig(&client.KubeletClientConfig{
		Scheme:              "http",
		AddressTypePriority: []corev1.NodeAddressType{corev1.NodeInternalIP},
		UseNodeStatusPort:   true,
		Client:              rest.Config{Timeout: 10 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "burst-1", Annotations: annotations},
		Status: corev1.NodeStatus{
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: host}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(port)}},
		},
	}
	batch, err := kubelet.GetMetrics(context.Background(), node)
	if err != nil {
		t.Fatal(err)
	}
	return batch
}
