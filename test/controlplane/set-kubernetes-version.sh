#!/usr/bin/env bash
# Moves the module to another version of Kubernetes: set-kubernetes-version.sh v1.36.3
#
# k8s.io/kubernetes requires its own parts as v0.0.0 and replaces them by folders of its repository.
# For everybody else they are modules with Kubernetes' minor and patch, and must be replaced by hand:
# this is that hand. etcd becomes the version that this Kubernetes was tested with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
version=${1:?usage: set-kubernetes-version.sh vMAJOR.MINOR.PATCH}

upstream=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/.*"GoMod": "\(.*\)",*/\1/p')
of_parts="v0.${version#v1.}"
etcd=$(sed -n 's|.*go.etcd.io/etcd/server/v3 \(v[^ ]*\).*|\1|p' "$upstream" | head -n 1)

edits=("-go=$(sed -n 's/^go //p' "$upstream")" "-require=k8s.io/kubernetes@$version" "-require=go.etcd.io/etcd/server/v3@$etcd")
for part in $(sed -n 's|^\t\(k8s.io/[a-z-]*\) => ./staging/.*|\1|p' "$upstream"); do
  edits+=("-replace=$part=$part@$of_parts")
done
go mod edit "${edits[@]}"
go mod tidy
