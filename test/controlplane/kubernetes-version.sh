#!/usr/bin/env bash
# Prints the version of Kubernetes that is built here, such as v1.36.0. go.mod is the one place that
# says it; change it with set-kubernetes-version.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
go list -m -f '{{.Version}}' k8s.io/kubernetes
