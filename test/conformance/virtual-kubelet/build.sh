#!/usr/bin/env bash
# Compiles virtual-kubelet's end-to-end suite into the user's cache, once per version of this module. The last line on
# stdout is the path of the test binary.
#
# Exit 2: there is no Go. Anything else that is not 0: the build failed, stderr says how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v go >/dev/null; then
  printf '%s\n' "virtual-kubelet's suite is built from source, and there is no 'go' on PATH: see https://go.dev/dl" >&2
  exit 2
fi

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
hash=$({ go env GOOS GOARCH GOVERSION && cat go.mod go.sum build.sh ./*.go; } | sha256 | cut -c1-16)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/burstlet/virtual-kubelet-$hash"
binary="$folder/virtual-kubelet.test"

if [ ! -x "$binary" ]; then
  printf '%s\n' "building virtual-kubelet's end-to-end suite (first time only, a minute or two)" >&2
  mkdir -p "$folder"
  CGO_ENABLED=0 go test -c -trimpath -buildvcs=false -ldflags "-s -w" -o "$binary.$$" . >&2
  mv "$binary.$$" "$binary"
fi
printf '%s\n' "$binary"
