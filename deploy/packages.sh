#!/usr/bin/env bash
# The one list of what Sanyuan needs from Debian 12 and 13, and the step that installs it.
#
#   deploy/packages.sh GROUP...          installs what is missing of the groups; no network if nothing is
#   deploy/packages.sh --list GROUP...   prints the packages of the groups for this release of Debian
#
# Groups: build (configure and compile), run (start the installed programs), test (ctest and the tests' own
# tools), sanitize (the presets asan and tsan), lint (formatting and static analysis), buf (contract checks),
# kafka and redis (real engines on loopback, see deploy/local/README.md), events (what reads public events in tests), otlp
# (the OpenTelemetry SDK, of which a build makes serve --otlp-endpoint; in Debian 12 it is in the backports, which are added
# to apt's sources when they are not among them).
# Installing needs root or sudo. What Debian does not package goes into build/tools and works offline afterwards:
# buf and the readers of public events by npm, in the versions and with the checksums of deploy/tools/package-lock.json
# and deploy/tools/events/package-lock.json; Kafka's jars by Maven, with those of deploy/local/versions and
# deploy/local/kafka-VERSION.sha256; SANYUAN_KAFKA=VERSION takes another one for which there are checksums.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/build/tools

# Group, then packages. A name @... differs between releases of Debian and stands in the table below.
list='
build     g++ cmake ninja-build ccache pkg-config python3 git ca-certificates
build     protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libgrpc++-dev libabsl-dev
build     libssl-dev libsqlite3-dev libspdlog-dev libfmt-dev libcli11-dev libcpp-httplib-dev libasio-dev
build     nlohmann-json3-dev prometheus-cpp-dev libcsv-dev zlib1g-dev libjemalloc-dev
build     librdkafka-dev libhiredis-dev
run       @grpc @protobuf @absl @ssl @spdlog @prometheus @httplib libsqlite3-0 libcsv3 zlib1g libjemalloc2
run       librdkafka1 @hiredis
run       ca-certificates tzdata
test      libgtest-dev libgmock-dev librapidcheck-dev sqlite3 spin make python3 procps tzdata faketime
sanitize  clang @clang-rt llvm util-linux
lint      clang-format clang-tidy clang
buf       ca-certificates @npm
events    ca-certificates @npm
kafka     default-jre-headless maven python3 ca-certificates
redis     redis-server python3
otlp      opentelemetry-cpp-dev libopentelemetry-proto-dev
'

# What is called differently in Debian 12 and 13. The compiler runtime must be that of the release's clang.
names='
@grpc        libgrpc++1.51                libgrpc++1.51t64
@protobuf    libprotobuf32                libprotobuf32t64
@absl        libabsl20220623              libabsl20240722
@ssl         libssl3                      libssl3t64
@spdlog      libspdlog1.10                libspdlog1.15
@prometheus  libprometheus-cpp-core1.0    libprometheus-cpp-core1.0
@httplib     libcpp-httplib0.11           libcpp-httplib0.18
@hiredis     libhiredis0.14               libhiredis1.1.0
@clang-rt    libclang-rt-14-dev           libclang-rt-19-dev
'

fail() { printf 'packages.sh: %s\n' "$*" >&2; exit 1; }

release() {
  local id="" version=""
  [ -r /etc/os-release ] && id=$(. /etc/os-release && echo "${ID:-}") &&
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  case "$id-$version" in
    debian-12 | debian-13) echo "$version" ;;
    *) fail "this is '$id $version'; the list is known for Debian 12 and 13 only." \
            "Install the equivalents of: $(awk 'NF{$1=""; print}' <<<"$list" | tr -s '\n ' ' ')" ;;
  esac
}

packages_of() { # the groups' packages for this release, one a line
  local debian group
  debian=$(release)
  for group in "$@"; do
    grep -q "^$group " <<<"$list" || fail "unknown group '$group' (build, run, test, sanitize, lint, buf, kafka, redis, events, otlp)"
    awk -v group="$group" '$1 == group {for (i = 2; i <= NF; i++) print $i}' <<<"$list"
  done | while read -r name; do
    case $name in
      # A Node.js from elsewhere brings its npm along and conflicts with Debian's.
      @npm) command -v npm >/dev/null || printf '%s\n' nodejs npm ;;
      @*) awk -v name="$name" -v column=$((debian - 10)) '$1 == name {print $column}' <<<"$names" ;;
      *) echo "$name" ;;
    esac
  done | sort -u
}

missing_of() { # those of the packages that are not installed
  local installed name
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  for name in "$@"; do
    grep -qxF -- "$name" <<<"$installed" || echo "$name"
  done
}

add_backports() { # of the mirror that Debian 12 itself comes from
  local list=/etc/apt/sources.list.d/sanyuan-backports.list key=/usr/share/keyrings/debian-archive-keyring.gpg targets mirror
  targets=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages')
  ! grep -q ' bookworm-backports$' <<<"$targets" || return 0
  mirror=$(awk '$2 ~ /^(bookworm|oldstable|stable)$/ {print $1; exit}' <<<"$targets")
  [ -n "$mirror" ] || fail "apt has no sources of Debian 12 beside which its backports could be looked for"
  echo "packages.sh: adding the backports to apt's sources, in $list"
  echo "deb [signed-by=$key] $mirror bookworm-backports main" | "$@" tee "$list" >/dev/null
}

install_packages() {
  local missing
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "neither root nor sudo. As root: apt-get install --no-install-recommends" $missing
    as_root=(sudo)
  fi
  if [ "$(release)" = 12 ] && grep -q '^opentelemetry-cpp-dev$' <<<"$missing"; then
    add_backports "${as_root[@]}"
  fi
  echo "packages.sh: installing" $missing
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0)
  # shellcheck disable=SC2086  # a list of names
  { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends $missing; } </dev/null >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    fail "apt-get failed; its last lines are above"
  }
}

install_buf() {
  cmp -s "$root/deploy/tools/package-lock.json" "$tools/installed-lock.json" && return 0
  echo "packages.sh: installing buf into build/tools"
  mkdir -p "$tools"
  cp "$root/deploy/tools/package.json" "$root/deploy/tools/package-lock.json" "$tools/"
  # npm takes a failed download of a package for one platform as success: what counts is the program.
  (cd "$tools" && npm ci --no-audit --no-fund --ignore-scripts --loglevel verbose) </dev/null >"$log" 2>&1 || true
  ln -sf node_modules/@bufbuild/buf-linux-"$(uname -m | sed 's/x86_64/x64/')"/bin/buf "$tools/buf"
  "$tools/buf" --version >/dev/null 2>&1 || {
    tail -n 30 "$log" >&2
    fail "npm could not install buf; its last lines are above"
  }
  cp "$root/deploy/tools/package-lock.json" "$tools/installed-lock.json"
}

install_events() {
  local from=$root/deploy/tools/events to=$tools/events
  cmp -s "$from/package-lock.json" "$to/installed-lock.json" && return 0
  echo "packages.sh: installing the readers of public events into build/tools"
  mkdir -p "$to"
  cp "$from/package.json" "$from/package-lock.json" "$to/"
  (cd "$to" && npm ci --no-audit --no-fund --ignore-scripts --loglevel verbose) </dev/null >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    fail "npm could not install the readers of public events; its last lines are above"
  }
  cp "$from/package-lock.json" "$to/installed-lock.json"
}

install_kafka() {
  local version
  version=${SANYUAN_KAFKA:-$(sed -n 's/^KAFKA=//p' "$root/deploy/local/versions")}
  [ ! -d "$tools/kafka-$version" ] || [ ! -e "$tools/kafka-$version.jsa" ] || return 0
  echo "packages.sh: installing Kafka into build/tools"
  "$root/deploy/local/kafka" install </dev/null || fail "Kafka could not be installed; the reason is above"
}

[ $# -gt 0 ] || fail "usage: deploy/packages.sh [--list] build|run|test|sanitize|lint|buf|kafka|redis|events|otlp ..."
if [ "$1" = --list ]; then
  shift
  packages_of "$@"
  exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
wanted=$(packages_of "$@")
# shellcheck disable=SC2086  # a list of names
install_packages $wanted
for group in "$@"; do
  case $group in
    buf) install_buf ;;
    kafka) install_kafka ;;
    events) install_events ;;
  esac
done
