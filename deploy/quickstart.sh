#!/usr/bin/env bash
# From nothing to a played business day: installs what is missing, builds, starts a server on a directory of its
# own, plays one order cycle of Yongdeng county through its APIs, and proves from the records alone that the
# journal is sound and gives the same state. Debian 12 or 13, root or sudo.
#
#   deploy/quickstart.sh [--kafka] [--data DIR] [--retailers N] [--seed N] [--json]
#
# With --kafka the journals are on a broker and the views in a Redis of the run's own (deploy/local), and each service is
# a process of its own; the state is the same. Without --data the directory is a temporary one and is deleted at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data='' json=() day=() kafka=false groups=(build run) programs=(sanyuan)
while [ $# -gt 0 ]; do
  case $1 in
    --kafka)
      kafka=true groups+=(kafka redis)
      programs=(sanyuan-{registry,order-intake,allocation,delivery-tracking,three-member-interaction})
      shift
      ;;
    --data) data=${2:?--data needs a folder}; shift 2 ;;
    --retailers | --seed) day+=("$1" "${2:?$1 needs a number}"); shift 2 ;;
    --json) json=(--json); shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "quickstart.sh: unknown argument '$1'" >&2; exit 2 ;;
  esac
done

# A library path that an image exports makes the linker take other libraries than Debian's.
unset LIBRARY_PATH
bin=$PWD/build/release/bin
{
  deploy/packages.sh "${groups[@]}"
  # Tests want packages of their own; a folder that is configured for them already stays so.
  testing=(-DBUILD_TESTING=OFF)
  [ ! -f build/release/CMakeCache.txt ] || testing=()
  cmake --preset release -Wno-dev "${testing[@]}"
  cmake --build build/release --parallel "$(nproc)" --target "${programs[@]}" sanyuanctl
} >&2

work=$(mktemp -d)
servers=()
stop() {
  local server code=0
  # One that has ended already can't be told to; its exit code is read below all the same.
  [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
  for server in "${servers[@]}"; do wait "$server" || code=$?; done
  servers=()
  return "$code"
}
finish() {
  stop || true  # The exit code stays that of the run.
  if $kafka; then
    # What keeps an engine from ending it says itself; the exit code stays that of the run.
    deploy/local/kafka down --data "$data/kafka" >&2 || true
    deploy/local/redis down --data "$data/redis" >&2 || true
  fi
  rm -rf "$work"
}
data=${data:-$work/data}
trap finish EXIT

engines=() journals=(--data "$data")
if $kafka; then
  field() { sed "s/.*\"$1\": \"\([^\"]*\)\".*/\1/" "$2"; }
  deploy/local/kafka up --data "$data/kafka" >"$work/kafka.up"
  deploy/local/redis up --data "$data/redis" >"$work/redis.up"
  brokers=$(field bootstrap "$work/kafka.up")
  "$bin/sanyuanctl" topics apply --kafka "$brokers" --single-copy >&2
  engines=(--kafka "$brokers" --single-copy --redis "$(field address "$work/redis.up")"
    --redis-user "$(field user "$work/redis.up")" --redis-password-file "$(field password_file "$work/redis.up")")
  journals=(--kafka "$brokers")
  # One for all services: what one of them seals, another opens.
  [ -f "$data/master-key" ] || (umask 077 && head -c 32 /dev/urandom >"$data/master-key")
  engines+=(--master-key "$data/master-key")
fi

for program in "${programs[@]}"; do
  folder=$data
  ! $kafka || folder=$data/$program
  "$bin/$program" serve --data "$folder" "${engines[@]}" --listen 127.0.0.1:0 --ops 127.0.0.1:0 --dev \
    >"$work/$program.ready" 2>"$work/$program.log" &
  servers+=($!)
done
for i in "${!programs[@]}"; do
  until [ -s "$work/${programs[i]}.ready" ]; do
    kill -0 "${servers[i]}" 2>/dev/null || { cat "$work/${programs[i]}.log" >&2; exit 1; }
    sleep 0.05
  done
done
# Any of them will do: what it does not decide itself it passes on.
address=$(sed 's/.*"grpc":"\([^"]*\)".*/\1/' "$work/${programs[0]}.ready")

"$bin/sanyuanctl" --server "$address" "${json[@]}" demo day "${day[@]}"
"$bin/sanyuanctl" --server "$address" digest >"$work/live"
stop

"$bin/sanyuanctl" digest "${journals[@]}" >"$work/replayed"
cmp "$work/live" "$work/replayed" >&2
"$bin/sanyuanctl" journal verify "${journals[@]}" >"$work/verified" || { cat "$work/verified" >&2; exit 1; }
echo "The digest by replay of the records alone is that of the running server, and every journal is sound." >&2
