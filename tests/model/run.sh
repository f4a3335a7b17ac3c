#!/usr/bin/env bash
# Checks the model of the journal's acceptance rule with spin, in ./model.work.
#   run.sh               everything that must hold, every control, every witness; fails on any surprise
#   run.sh --large       the larger searches that README.md records
#   run.sh --trace NAME  a short run that leads to the error of a control or a witness, in words
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$PWD/model.work"
TIMEFORMAT='%1R %1U'
cc="${CC:-cc}"

for tool in spin "$cc"; do
  if ! command -v "$tool" > /dev/null; then
    echo "tests/model: '$tool' is not installed (Debian: apt-get install spin gcc). The model was NOT checked." >&2
    exit 1
  fi
done

# What must hold: name, flags, size of the hash table (2^n slots).
checks=(
  "sound              |-DN=5                                      |23"
  "lose_unseen        |-DN=4 -DLOSE_UNSEEN                        |20"
  "lose_seen          |-DN=4 -DLOSE_SEEN                          |23"
  "cut_end            |-DN=4 -DCUT_END                            |23"
  "no_stand_down      |-DN=4 -DNO_STAND_DOWN                      |20"
)

# One safeguard off: name, flags, what must be found.
controls=(
  "skip_ignores_terms      |-DN=4 -DSKIP_IGNORES_TERMS                              |damage"
  "lost_race_is_damage     |-DN=4 -DLOST_RACE_IS_DAMAGE                             |damage"
  "decide_before_accepted  |-DN=4 -DDECIDE_BEFORE_ACCEPTED                          |damage"
  "no_take_over            |-DN=4 -DNO_TAKE_OVER                                    |damage"
  "take_over_not_identified|-DN=4 -DTAKE_OVER_NOT_IDENTIFIED                        |damage"
  "no_new_take_over        |-DN=4 -DNO_NEW_TAKE_OVER                                |damage"
  "requests_outside_fold   |-DN=4 -DREQUESTS_OUTSIDE_FOLD                           |twice"
  "answer_when_sent        |-DN=4 -DANSWER_WHEN_SENT                                |lost"
  "answer_on_delivery      |-DN=4 -DANSWER_ON_DELIVERY                              |missing"
  "prev_unchecked_seen     |-DN=4 -DLOSE_SEEN -DPREV_UNCHECKED                      |wrong"
  "prev_unchecked_cut      |-DN=4 -DCUT_END -DPREV_UNCHECKED                        |wrong"
  "head_not_read_again_seen|-DN=4 -DLOSE_SEEN -DHEAD_NOT_READ_AGAIN                 |disagree"
  "head_not_read_again_cut |-DN=4 -DCUT_END -DHEAD_NOT_READ_AGAIN -DANSWERS_ONLY    |missing"
  "position_not_set_back   |-DN=4 -DCUT_END -DPOSITION_NOT_SET_BACK -DANSWERS_ONLY  |missing"
  "position_trusted        |-DN=4 -DCUT_END -DPOSITION_TRUSTED                      |disagree"
)

# What must be reachable, so that the searches above search something: name, flags, situation.
witnesses=(
  "two_take_overs      |-DN=5 -DWITNESS=1              |all 5 records accepted, 2 of them take-overs"
  "three_take_overs    |-DN=4 -DWITNESS=2              |3 take-overs accepted"
  "chained_ahead       |-DN=4 -DWITNESS=3              |3 decisions landed, the writer has read none of them"
  "two_answer          |-DN=4 -DWITNESS=4              |owners of two terms have acknowledged"
  "x_sent_twice        |-DN=4 -DWITNESS=5              |X landed twice, one of them accepted and acknowledged"
  "late_record         |-DN=4 -DWITNESS=6              |a former owner's decision is skipped after a new one's"
  "lost_race           |-DN=4 -DWITNESS=7              |the second take-over of one height is skipped"
  "duplicate           |-DN=4 -DWITNESS=8              |a record that landed twice is skipped"
  "owner_halts_hole    |-DN=4 -DLOSE_UNSEEN -DWITNESS=9|an owner meets the hole in its own chain and halts"
  "owner_halts_vanished|-DN=4 -DLOSE_SEEN -DWITNESS=9  |an owner whose head has vanished halts"
  "owner_halts_cut     |-DN=4 -DCUT_END -DWITNESS=9    |an owner whose head was cut off halts"
)

# Recorded in README.md: name, flags, compiler's flags, pan's flags.
large=(
  "sound_6          |-DN=6                 |-DHC4|-w27"
  "sound_3_writers  |-DN=5 -DWRITERS=3     |-DHC4|-w27"
  "no_stand_down_5  |-DN=5 -DNO_STAND_DOWN |     |-w23"
  "lose_unseen_5    |-DN=5 -DLOSE_UNSEEN   |     |-w23"
  "lose_seen_5      |-DN=5 -DLOSE_SEEN     |-DHC4|-w27"
  "cut_end_5        |-DN=5 -DCUT_END       |-DHC4|-w27"
)

trim() { local s="$1"; s="${s#"${s%%[![:space:]]*}"}"; printf '%s' "${s%"${s##*[![:space:]]}"}"; }

# build NAME FLAGS CFLAGS: makes $work/NAME/pan.
build() {
  mkdir -p "$work/$1"
  (
    cd "$work/$1"
    rm -f pan pan.* journal.pml.trail
    # shellcheck disable=SC2086
    spin -a $2 "$here/journal.pml" > spin.log 2>&1 && test -s pan.c &&
      "$cc" -DSAFETY -DNOREDUCE -DNOFAIR -DMEMLIM=6000 -w $3 -o pan pan.c > cc.log 2>&1
  ) || { cat "$work/$1"/spin.log "$work/$1"/cc.log >&2 2> /dev/null || true; echo "$1: does not build" >&2; exit 1; }
}

# search NAME FLAGS CFLAGS PANFLAGS: sets found, states, depth, seconds (elapsed), cpu, mb.
# found is "none" (exhaustive, no error), the kind of the violated assertion, or "incomplete".
search() {
  build "$1" "$2" "$3"
  local out="$work/$1/pan.out" text from="$EPOCHREALTIME"
  # shellcheck disable=SC2086
  (cd "$work/$1" && ./pan -E -n -m100000 $4) > "$out" 2>&1 || true
  seconds="$(awk -v from="$from" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')"
  cpu=-
  text="$(sed -n 's/^pan:[0-9]*: assertion violated//p' "$out" | head -n 1)"
  case "$text" in
    "") if grep -q 'errors: 0$' "$out" && ! grep -Eq 'not completed|too small|out of memory|aborted' "$out"; then
          found=none
        else
          found=incomplete
        fi ;;
    *"!((("[1-9]"=="[1-9]")&&"*) found=witness ;;
    " 0 "*) found=damage ;;
    *has_x*) found=twice ;;
    *"prev=="*) found=wrong ;;
    *replay_halted*) found=disagree ;;
    *"replay[record"*) found=missing ;;
    *"flight["*) found=lost ;;
    *) found="other:$text" ;;
  esac
  states="$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$out")"
  depth="$(sed -n 's/.*depth reached \([0-9]*\),.*/\1/p' "$out")"
  mb="$(sed -n 's/^ *\([0-9.]*\)\ttotal actual memory usage.*/\1/p' "$out")"
}

# report EXPECTED TEXT: prints the row of the last search.
failures=0
report() {
  local verdict=ok
  if [[ "$found" != "$1" ]]; then
    verdict="FAILED, expected $1"
    failures=$((failures + 1))
  fi
  printf '%-25s %-10s %11s %6s %8s %8s %6s  %s\n' "$name" "$found" "${states:--}" "${depth:--}" \
    "${seconds:--}" "${cpu:--}" "${mb%.*}" "$verdict${2:+: $2}"
}

header() {
  printf '\n%s\n%-25s %-10s %11s %6s %8s %8s %6s\n' "$1" search found states depth seconds cpu MB
}

each() { # each FUNCTION ROW...: calls FUNCTION with the trimmed columns of each row
  local function="$1" row
  shift
  for row in "$@"; do
    IFS='|' read -r name flags third fourth <<< "$row"
    name="$(trim "$name")" flags="$(trim "$flags")" third="$(trim "$third")" fourth="$(trim "${fourth:-}")"
    "$function"
  done
}

run_check() { search "$name" "$flags" -O2 "-w$third"; report none "$flags"; }
run_control() { search "$name" "$flags" -O0 -w20; report "$third"; }
run_witness() { search "$name" "$flags" -O0 -w20; report witness "$third"; }
run_large() { search "$name" "$flags" "-O2 $third" "$fourth"; report none "$flags"; }

trace() {
  [[ "$name" == "$wanted" ]] || return 0
  known=1
  build "$name" "$flags" "-O2 -DREACH"
  cd "$work/$name"
  ./pan -E -n -i -m60 > pan.out 2>&1 || true
  [[ -s journal.pml.trail ]] || ./pan -E -n -m100000 > pan.out 2>&1 || true
  # shellcheck disable=SC2086
  spin -t -T -k journal.pml.trail $flags "$here/journal.pml" | sed '/^spin: trail ends/,$d'
}

case "${1:-}" in
  "")
    header "What must hold (no error in any state)"
    each run_check "${checks[@]}"
    header "Controls: one safeguard off, an error must be found"
    each run_control "${controls[@]}"
    header "Witnesses: situations that must be reachable"
    each run_witness "${witnesses[@]}"
    ;;
  --large)
    header "Larger searches"
    each run_large "${large[@]}"
    ;;
  --trace)
    wanted="${2:?a name of the tables}" known=0
    each trace "${controls[@]}" "${witnesses[@]}"
    [[ "$known" == 1 ]] || { echo "no control and no witness is called '$wanted'" >&2; exit 2; }
    ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

if ((failures > 0)); then
  echo "tests/model: $failures searches did not end as they must" >&2
  exit 1
fi
