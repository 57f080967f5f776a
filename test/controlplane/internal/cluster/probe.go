package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"burstlet.dev/burstlet/test/controlplane/internal/pki"
)

// probe asks the servers of the cluster, as the administrator, how they are.
type probe struct{ client *http.Client }

func newProbe(l layout) (probe, error) {
	pair, err := tls.LoadX509KeyPair(l.pki(pki.Admin+".crt"), l.pki(pki.Admin+".key"))
	if err != nil {
		return probe{}, err
	}
	ca, err := os.ReadFile(l.pki(pki.CA + ".crt"))
	if err != nil {
		return probe{}, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}
	return probe{&http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: config}}}, nil
}

// ok returns nil when a GET answers 200.
func (p probe) ok(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return p.do(request, http.StatusOK)
}

// create posts an object; that it exists already is fine.
func (p probe) create(ctx context.Context, url, object string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewBufferString(object))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/yaml")
	return p.do(request, http.StatusCreated, http.StatusConflict)
}

func (p probe) do(request *http.Request, accepted ...int) error {
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 2000))
	for _, status := range accepted {
		if response.StatusCode == status {
			return nil
		}
	}
	return fmt.Errorf("%s answers %s: %s", request.URL, response.Status, body)
}

// errEnded means that a component ended while it was waited for.
var errEnded = errors.New("ended")

// until tries again, 40 times a second, until the check passes, the component ends or the context does.
func until(ctx context.Context, c *component, check func(context.Context) error) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		r := c.current()
		if r == nil {
			return fmt.Errorf("%s %w; its log's last lines:\n%s", c.name, errEnded, c.lastWords())
		}
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
				return cause
			}
			return fmt.Errorf("%s is not ready: %w", c.name, err)
		case <-r.done:
		case <-tick.C:
		}
	}
}
