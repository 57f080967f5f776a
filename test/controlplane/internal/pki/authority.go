// Package pki makes the keys and certificates of a test cluster and the kubeconfigs that use them.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"time"
)

// validity of everything that is issued: no test runs this long, no forgotten key lasts for ever.
const validity = 30 * 24 * time.Hour

// Authority is a certificate authority together with its key.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Pair is a certificate with its key, both as PEM.
type Pair struct{ Certificate, Key []byte }

// Subject says what a leaf certificate is for. With Hosts it serves, without it authenticates a client.
type Subject struct {
	Name   string
	Groups []string
	Hosts  []string // names and IP addresses
}

// LoadAuthority reads NAME.crt and NAME.key from the directory.
func LoadAuthority(directory, name string) (*Authority, error) {
	certificate, err := readPEM(directory, name+".crt")
	if err != nil {
		return nil, err
	}
	key, err := readPEM(directory, name+".key")
	if err != nil {
		return nil, err
	}
	a := &Authority{}
	if a.certificate, err = x509.ParseCertificate(certificate); err != nil {
		return nil, fmt.Errorf("%s.crt: %w", name, err)
	}
	if a.key, err = x509.ParseECPrivateKey(key); err != nil {
		return nil, fmt.Errorf("%s.key: %w", name, err)
	}
	return a, nil
}

// authority loads what an earlier run left or makes a new one: a cluster that is brought up again on
// its old state keeps its roots, so whatever was issued from them still counts.
func authority(directory, name string) (*Authority, error) {
	a, err := LoadAuthority(directory, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := newTemplate("burstlet-test-"+name, nil)
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pair, err := encode(der, key)
	if err != nil {
		return nil, err
	}
	return &Authority{certificate, key}, pair.write(directory, name)
}

// Issue makes a leaf certificate.
func (a *Authority) Issue(subject Subject) (Pair, error) {
	key, err := newKey()
	if err != nil {
		return Pair{}, err
	}
	template := newTemplate(subject.Name, subject.Groups)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(subject.Hosts) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, host := range subject.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return Pair{}, err
	}
	return encode(der, key)
}

func newTemplate(name string, groups []string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // crypto/rand never fails
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		NotBefore:    now.Add(-time.Hour), // tests may run beside a clock that is a little behind
		NotAfter:     now.Add(validity),
	}
}

// newKey is P-256: an RSA key takes up to a second here, and there are ten to make.
func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}
