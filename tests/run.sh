#!/usr/bin/env bash
# From nothing to tested: installs what is missing, configures, builds and runs the tests.
#
#   tests/run.sh [--preset release|debug|asan|tsan] [-L LABELS] [--full] [-R NAMES]
#
# LABELS and NAMES are regular expressions of ctest; labels are the folders of tests/ (unit, property, ...). With LABELS
# only what their tests need is built.
# --full also runs what takes longer than a change should wait for (label full), and sets SANYUAN_FULL=1, by
# which tests take their large sizes. The last lines say what was skipped and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=release full=false labels=. select=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    -L | -R)
      select+=("$1" "${2:?$1 needs an expression}")
      [ "$1" = -R ] || labels=$2
      shift 2
      ;;
    --full) full=true; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "tests/run.sh: unknown argument '$1'" >&2; exit 2 ;;
  esac
done

# A library path that an image exports makes the linker take other libraries than Debian's.
unset LIBRARY_PATH
jobs=$(nproc)
groups=(build test buf kafka redis events otlp)
run=(ctest)
support=$PWD/tests/support
case $preset in
  asan)
    groups+=(sanitize)
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1
    export LSAN_OPTIONS=suppressions=$support/lsan.supp:print_suppressions=0
    export UBSAN_OPTIONS=print_stacktrace=1:suppressions=$support/ubsan.supp
    ;;
  tsan)
    groups+=(sanitize)
    export TSAN_OPTIONS=suppressions=$support/tsan.supp:halt_on_error=1:second_deadlock_stack=1:history_size=4
    # ThreadSanitizer of clang 14 cannot place its shadow memory where newer kernels put libraries.
    run=(setarch "$(uname -m)" -R ctest)
    ;;
esac
if $full; then
  export SANYUAN_FULL=1
else
  select+=(-LE '^full$')
fi

deploy/packages.sh "${groups[@]}"
cmake --preset "$preset" -Wno-dev -DBUILD_TESTING=ON
# Only tests of three folders start programs of the product; others are built with just what they need.
mapfile -t targets < <(printf '%s\n' unit property engine bench e2e chaos simulation model | grep -E "$labels" |
  sed 's,.*,tests/&/all,')
[[ -n "${targets[*]}" && ! "${targets[*]}" =~ e2e|chaos|bench ]] || targets=(all)
cmake --build "build/$preset" --parallel "$jobs" --target "${targets[@]}"
record=$PWD/build/$preset/ctest.xml
rm -f "$record"
failed=0
"${run[@]}" --test-dir "build/$preset" --output-on-failure --no-tests=error --parallel "$jobs" \
  --test-output-size-passed 1000000 --output-junit "$record" "${select[@]}" || failed=$?
[ ! -f "$record" ] || python3 tests/support/ctest_summary.py "$record"
exit "$failed"
