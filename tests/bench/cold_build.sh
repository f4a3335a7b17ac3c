#!/usr/bin/env bash
# How long a build of everything takes without a compiler cache, in a folder of its own that is deleted afterwards.
#   tests/bench/cold_build.sh [JOBS]      2 unless said otherwise
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
unset LIBRARY_PATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CCACHE_DISABLE=1
begun=$SECONDS
cmake --preset release -Wno-dev -DBUILD_TESTING=ON -B "$folder" >/dev/null
cmake --build "$folder" --parallel "${1:-2}" >/dev/null
took=$((SECONDS - begun))
printf '| cold build, tests included, %s jobs | %d:%02d min | under 8 min | %s |\n' "${1:-2}" $((took / 60)) $((took % 60)) \
  "$([ "$took" -lt 480 ] && echo yes || echo no)"
