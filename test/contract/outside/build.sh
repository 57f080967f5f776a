#!/usr/bin/env bash
# Makes the Python environment of the outside opinion on AWS in the cache folder, once for each requirements.txt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(node "$here/environment.ts")
[ -x "$target/bin/moto_server" ] && exit 0
# An environment holds its own path, so it is made in place.
rm -rf "$target"
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt"
