#!/usr/bin/env bash
# Builds a command of this module, or a program of Kubernetes' own tests, into the user's cache, once per version of its
# sources.
#
#   build.sh [COMMAND]          builds it (default: controlplane) if need be; the last line on stdout is the path of the
#                               binary
#   build.sh --path [COMMAND]   only prints that path; exit 0 if the binary is there, 3 if not
#
# Exit 2: Go is missing or too old. Anything else that is not 0: the build failed, stderr says how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf '%s\n' "$*" >&2; }

only_path=
if [ "${1:-}" = --path ]; then
  only_path=yes
  shift
fi
command=${1:-controlplane}
what="the command $command"
case $command in
  # Compiled as they are. internal/upstream names them, so that go.mod knows what they need.
  e2e) package=k8s.io/kubernetes/test/e2e what="Kubernetes' end-to-end suite" ;;
  agnhost | nonewprivs) package=k8s.io/kubernetes/test/images/$command ;;
  ginkgo) package=github.com/onsi/ginkgo/v2/ginkgo ;;
  controlplane) package=./cmd/controlplane what="the control plane" ;;
  *) package=./cmd/$command ;;
esac
if [ $# -gt 1 ] || { [[ $package == ./* ]] && [ ! -f "$package/main.go" ]; }; then
  say "usage: build.sh [--path] [$(ls cmd | paste -sd '|')|e2e|agnhost|nonewprivs|ginkgo]"
  exit 64
fi

needed=$(sed -n 's/^go //p' go.mod)
advice="install Go $needed or newer: the package golang of your system, or https://go.dev/dl"
if ! command -v go >/dev/null; then
  say "$what is built from source, and there is no 'go' on PATH; $advice"
  exit 2
fi
# Asked outside of the module: inside, an old Go refuses to say anything, or fetches a newer one.
go_version=$(cd / && go env GOVERSION)
present=$(sed -E 's/^[^0-9]*([0-9.]+).*/\1/' <<<"$go_version")
if [ "$(printf '%s\n%s\n' "$needed" "$present" | sort -V | head -n 1)" != "$needed" ]; then
  say "$what needs Go $needed, and the 'go' on PATH is $present; $advice"
  exit 2
fi

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }

# Everything that decides what the binary is. Tests do not, and other commands of the module do not.
sources() {
  if [[ $package == ./* ]]; then find "cmd/$command" internal -name '*.go' ! -name '*_test.go' | LC_ALL=C sort; fi
}
hash=$({
  printf '%s %s\n' "$go_version" "$(go env GOOS GOARCH | tr '\n' ' ')"
  for file in go.mod go.sum build.sh $(sources); do printf '%s\n' "$file" && cat "$file"; done
} | sha256 | cut -c1-16)

cache="${XDG_CACHE_HOME:-$HOME/.cache}/burstlet"
directory="$cache/$command-$hash"
binary="$directory/$command"

if [ -n "$only_path" ]; then
  printf '%s\n' "$binary"
  if [ -x "$binary" ]; then exit 0; else exit 3; fi
fi

finish() {
  touch "$directory" # says when it was last wanted
  # One binary is up to 130 MB: those that no checkout has wanted for a month go.
  find "$cache" -maxdepth 1 -name "$command-*" -type d -mtime +30 -exec rm -rf {} + || true
  printf '%s\n' "$binary"
  exit 0
}
if [ -x "$binary" ]; then finish; fi

mkdir -p "$directory"
if command -v flock >/dev/null; then
  # One lock for all: two builds at once would compile the same packages twice.
  exec 9>"$cache/controlplane.lock"
  if ! flock --nonblock 9; then
    say "another build of this module is under way; waiting for it"
    flock 9
  fi
  if [ -x "$binary" ]; then finish; fi
fi

export CGO_ENABLED=0
version=$(./kubernetes-version.sh) # vMAJOR.MINOR.PATCH
IFS=. read -r major minor _ <<<"${version#v}"
parts="v0.${version#v1.}"
if sed -n 's|^\tk8s.io/[a-z-]* => .* \(v.*\)|\1|p' go.mod | grep -qvxF "$parts"; then
  say "go.mod mixes versions: with Kubernetes $version all its parts must be $parts; run set-kubernetes-version.sh $version"
  exit 1
fi
symbols=
for versioned in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  # Without these the server calls itself v0.0.0, and clients refuse it.
  symbols+=" -X $versioned.gitVersion=$version -X $versioned.gitMajor=$major -X $versioned.gitMinor=$minor"
  symbols+=" -X $versioned.gitTreeState=clean"
done
flags=(-trimpath -buildvcs=false -ldflags "-s -w$symbols")

log="$directory/build.log"
temporary="$directory/$command.$$"
build=
# A build that is interrupted leaves nothing half-made, and no compiler behind.
clean_up() {
  rm -f "$temporary"
  if [ -n "$build" ]; then kill "$build" 2>/dev/null || true; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  say "$what did not build; the end of $log:"
  tail -n 20 "$log" >&2
  exit 1
}

# Counts what the Go build cache lacks. It fetches the modules, so it may take a while by itself.
say "building $what (Kubernetes $version): looking for what is to be compiled"
if [ "$command" = e2e ]; then
  # What the suite's test files import is nearly all of it; `go test -c` itself tells no progress.
  imports=$(go list -f '{{join .TestImports " "}}' "$package" 2>"$log") || fail
  read -ra targets <<<"$imports"
else
  targets=("$package")
fi
stale=$(go list "${flags[@]}" -deps -f '{{.Stale}}' "${targets[@]}" 2>"$log") || fail
packages=$(grep -c true <<<"$stale") || true # grep fails when it counts none

cores=$(getconf _NPROCESSORS_ONLN)
# Measured from nothing, 2,702 packages: 410 s of processor time on a fast machine, 900 s on a slow
# one. The last step, the link, is 10 s more on one core.
low=$(((packages * 410 / 2702 / cores + 10 + 30) / 60))
high=$(((packages * 900 / 2702 / cores + 20 + 59) / 60))
if [ "$high" -le 1 ]; then
  estimate="less than a minute"
elif [ "$low" -eq "$high" ]; then
  estimate="about $high minutes"
else
  estimate="about $((low > 0 ? low : 1)) to $high minutes"
fi
say "building $what (Kubernetes $version; first time only, $estimate on this machine's $cores cores)"

start=$SECONDS
if [ "$command" = e2e ]; then
  { go build -v "${flags[@]}" "${targets[@]}" && go test -c "${flags[@]}" -o "$temporary" "$package"; } 2>>"$log" &
else
  go build -v "${flags[@]}" -o "$temporary" "$package" 2>>"$log" &
fi
build=$!
elapsed() { printf '%d min %02d s' $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60)); }
told=$SECONDS
while kill -0 "$build" 2>/dev/null; do
  sleep 0.5
  if [ $((SECONDS - told)) -ge 10 ]; then
    told=$SECONDS
    # -v names a package when its compilation begins.
    say "  $(elapsed): $(grep -c '^[a-z]' "$log" || true) of $packages packages"
  fi
done
wait "$build" || { build=; fail; }
build=
mv "$temporary" "$binary"
say "built $what in $(elapsed)"
finish
