#!/usr/bin/env bash
# Holds the contracts against Buf's rules (buf.yaml):
#   proto/check.sh lint      style and structure
#   proto/check.sh breaking  nothing that baseline.binpb promises has changed
# Exits with 77 (skipped) where buf or the baseline is missing; under CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")"

skip() {
  echo "skipped: $*"
  [ "${CI:-}" != true ] || exit 1
  exit 77
}

buf=../build/tools/buf
[ -x "$buf" ] || skip "buf is not installed; deploy/packages.sh buf installs it"
case "${1:-}" in
  lint) exec "$buf" lint ;;
  breaking)
    [ -f baseline.binpb ] || skip "proto/baseline.binpb is missing; proto/update_baseline.sh makes it"
    exec "$buf" breaking --against baseline.binpb
    ;;
  *)
    echo "usage: proto/check.sh lint|breaking" >&2
    exit 2
    ;;
esac
