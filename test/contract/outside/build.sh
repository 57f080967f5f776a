#!/usr/bin/env bash
# Makes what the outside opinion on AWS needs in the cache folder, once for each version: a Python environment, and AWS's
# runtime interface emulator for Lambda where there is Go.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
{
  read -r target
  read -r emulator
  read -r version
} < <(node "$here/environment.ts")
if [ ! -x "$target/bin/moto_server" ]; then
  # An environment holds its own path, so it is made in place.
  rm -rf "$target"
  python3 -m venv "$target"
  "$target/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt"
fi
if [ ! -x "$emulator" ]; then
  cd /
  GOBIN=$(dirname "$emulator") go install \
    "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@$version"
fi
