package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"
)

// A digest is what is told of bytes that nobody keeps.
type digest struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Text is how it begins: enough of a message to compare.
	Text string `json:"text"`
}

const textLimit = 4096

// A meter takes bytes and digests them.
type meter struct {
	mutex sync.Mutex
	hash  hash.Hash
	bytes int64
	text  []byte
}

func newMeter() *meter { return &meter{hash: sha256.New()} }

func (m *meter) Write(data []byte) (int, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.bytes += int64(len(data))
	m.text = append(m.text, data[:min(len(data), textLimit-len(m.text))]...)
	return m.hash.Write(data)
}

func (m *meter) digest() digest {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return digest{m.bytes, hex.EncodeToString(m.hash.Sum(nil)), string(m.text)}
}

func digestOf(reader io.Reader) digest {
	all := newMeter()
	io.Copy(all, reader)
	return all.digest()
}

// A pattern is a reader of lines that count, and ends after so many bytes.
type pattern struct {
	left int64
	line int
	rest []byte
}

func newPattern(bytes int64) io.Reader { return &pattern{left: bytes} }

func (p *pattern) Read(into []byte) (int, error) {
	count := 0
	for count < len(into) && p.left > 0 {
		if len(p.rest) == 0 {
			p.rest = fmt.Appendf(nil, "%015d\n", p.line)
			p.line++
		}
		step := copy(into[count:], p.rest[:min(int64(len(p.rest)), p.left)])
		p.rest, p.left, count = p.rest[step:], p.left-int64(step), count+step
	}
	if count == 0 && len(into) > 0 {
		return 0, io.EOF
	}
	return count, nil
}
