#!/usr/bin/env bash
# Builds metrics-server, and the test of its decoder, into the user's cache, once per version of this module.
# The last line on stdout is the folder with the two: metrics-server and decode.test.
#
# Exit 2: there is no Go. Anything else that is not 0: the build failed, stderr says how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v go >/dev/null; then
  printf '%s\n' "metrics-server is built from source, and there is no 'go' on PATH: see https://go.dev/dl" >&2
  exit 2
fi

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
hash=$({ go env GOOS GOARCH GOVERSION && cat go.mod go.sum build.sh ./*.go; } | sha256 | cut -c1-16)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/burstlet/metrics-server-$hash"

if [ ! -x "$folder/metrics-server" ] || [ ! -x "$folder/decode.test" ]; then
  printf '%s\n' "building metrics-server (first time only, some minutes)" >&2
  mkdir -p "$folder"
  flags=(-buildvcs=false -ldflags "-s -w")
  # Named last, so that what is there is whole.
  go test -c "${flags[@]}" -o "$folder/decode.$$" . >&2
  mv "$folder/decode.$$" "$folder/decode.test"
  go build "${flags[@]}" -o "$folder/metrics-server.$$" sigs.k8s.io/metrics-server/cmd/metrics-server >&2
  mv "$folder/metrics-server.$$" "$folder/metrics-server"
fi
printf '%s\n' "$folder"
