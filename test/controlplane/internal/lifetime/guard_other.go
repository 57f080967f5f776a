//go:build !linux

package lifetime

import "syscall"

// Elsewhere the pipe on standard input is the only guard.
func guard() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
