// Package cluster brings a whole control plane up, keeps it, and takes it down again.
//
// up.go is the tour: reserve ports, write keys, start the components in order, say one line, obey
// standard input until it closes. The package knows Kubernetes' command lines and its HTTP health
// endpoints but imports none of its code, so it compiles and tests in a second.
package cluster

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
)

// Options is the command line of `up`.
type Options struct {
	StateDir    string
	RemoveState bool
	Bind        net.IP
	Advertise   net.IP // nil: nobody is told an address, see arguments.go
	ServiceCIDR *net.IPNet
	Extra       map[string][]string // further arguments by component
}

// repeated collects the values of a flag that may be given many times.
type repeated []string

func (r *repeated) String() string         { return strings.Join(*r, " ") }
func (r *repeated) Set(value string) error { *r = append(*r, value); return nil }

// ParseOptions explains itself on out when the arguments make no sense.
func ParseOptions(arguments []string, out io.Writer) (Options, error) {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.SetOutput(out)
	state := flags.String("state", "", "`directory` for keys, data and logs; made if missing (required)")
	remove := flags.Bool("remove-state", false, "delete the state directory at the end")
	bind := flags.String("bind", "127.0.0.1", "`address` on which the API server listens")
	advertise := flags.String("advertise", "", "`address` that the kubernetes Service leads to; default: --bind unless that is loopback")
	cidr := flags.String("service-cidr", "10.96.0.0/16", "`range` of Service addresses")
	extra := map[string]*repeated{}
	for _, component := range []string{APIServer, ControllerManager, Scheduler} {
		extra[component] = &repeated{}
		flags.Var(extra[component], component+"-arg", "further `argument` of the component, such as --v=4; may be repeated")
	}
	if err := flags.Parse(arguments); err != nil {
		return Options{}, err
	}
	o := Options{RemoveState: *remove, Bind: net.ParseIP(*bind), Extra: map[string][]string{}}
	for component, values := range extra {
		o.Extra[component] = *values
	}
	return o, o.complete(*state, *advertise, *cidr, flags.Args())
}

func (o *Options) complete(state, advertise, cidr string, rest []string) (err error) {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	if state == "" {
		return errors.New("--state is required")
	}
	if o.StateDir, err = filepath.Abs(state); err != nil {
		return err
	}
	if o.Bind == nil || o.Bind.IsUnspecified() {
		return errors.New("--bind must be one address: a test cluster never listens on all of them")
	}
	if _, o.ServiceCIDR, err = net.ParseCIDR(cidr); err != nil {
		return err
	}
	if advertise == "" {
		if !o.Bind.IsLoopback() {
			o.Advertise = o.Bind
		}
		return nil
	}
	if o.Advertise = net.ParseIP(advertise); o.Advertise == nil || o.Advertise.IsLoopback() {
		return errors.New("--advertise must be an address that is not loopback: endpoints refuse it")
	}
	return nil
}
