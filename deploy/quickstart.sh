#!/usr/bin/env bash
# From nothing to a played business day: installs what is missing, builds, starts a server on a directory of its
# own, plays one order cycle of Yongdeng county through its APIs, and proves from the records alone that the
# journal is sound and gives the same state. Debian 12 or 13, root or sudo.
#
#   deploy/quickstart.sh [--data DIR] [--retailers N] [--seed N] [--json]
#
# Without --data the directory is a temporary one and is deleted at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data='' json=() day=()
while [ $# -gt 0 ]; do
  case $1 in
    --data) data=${2:?--data needs a folder}; shift 2 ;;
    --retailers | --seed) day+=("$1" "${2:?$1 needs a number}"); shift 2 ;;
    --json) json=(--json); shift ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "quickstart.sh: unknown argument '$1'" >&2; exit 2 ;;
  esac
done

# A library path that an image exports makes the linker take other libraries than Debian's.
unset LIBRARY_PATH
bin=$PWD/build/release/bin
{
  deploy/packages.sh build run
  # Tests want packages of their own; a folder that is configured for them already stays so.
  testing=(-DBUILD_TESTING=OFF)
  [ ! -f build/release/CMakeCache.txt ] || testing=()
  cmake --preset release -Wno-dev "${testing[@]}"
  cmake --build build/release --parallel "$(nproc)" --target sanyuan sanyuanctl
} >&2

work=$(mktemp -d)
server=''
finish() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
  rm -rf "$work"
}
trap finish EXIT
data=${data:-$work/data}

"$bin/sanyuan" serve --data "$data" --listen 127.0.0.1:0 --ops 127.0.0.1:0 --dev >"$work/ready" 2>"$work/log" &
server=$!
until [ -s "$work/ready" ]; do
  kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.05
done
address=$(sed 's/.*"grpc":"\([^"]*\)".*/\1/' "$work/ready")

"$bin/sanyuanctl" --server "$address" "${json[@]}" demo day "${day[@]}"
"$bin/sanyuanctl" --server "$address" digest >"$work/live"
kill "$server"
wait "$server"
server=''

"$bin/sanyuanctl" digest --data "$data" >"$work/replayed"
cmp "$work/live" "$work/replayed" >&2
"$bin/sanyuanctl" journal verify --data "$data" >"$work/verified" || { cat "$work/verified" >&2; exit 1; }
echo "The digest by replay of the records alone is that of the running server, and every journal is sound." >&2
