// The acceptance rule. It looks at frames only.

#define ACCEPTED 0
#define SKIPPED  1
#define DAMAGE   2

#define OF_TERM(r, own_term) (record[r].takeover || record[r].term == own_term)

#ifdef PREV_UNCHECKED
#define CONTINUES(r, own_height, own_head) (record[r].height == own_height + 1)
#else
#define CONTINUES(r, own_height, own_head) (record[r].height == own_height + 1 && record[r].prev == own_head)
#endif

#define PASSED(r, own_height) (record[r].height <= own_height)
#if defined(SKIP_IGNORES_TERMS)
#define STALE(r, own_height, own_term) PASSED(r, own_height)
#elif defined(LOST_RACE_IS_DAMAGE)
#define STALE(r, own_height, own_term) \
  (record[r].term < own_term || (!record[r].takeover && OF_TERM(r, own_term) && PASSED(r, own_height)))
#else
#define STALE(r, own_height, own_term) \
  (record[r].term < own_term || (OF_TERM(r, own_term) && PASSED(r, own_height)))
#endif

// The verdict on record `r` of a reader at height `own_height`, head `own_head`, term `own_term`.
inline Judge(r, own_height, own_head, own_term) {
  if
  :: OF_TERM(r, own_term) && CONTINUES(r, own_height, own_head) -> verdict = ACCEPTED
  :: else ->
     if
     :: STALE(r, own_height, own_term) -> verdict = SKIPPED
     :: else -> verdict = DAMAGE
     fi
  fi
}

// What a new reader makes of the log as it stands: replay[1..replay_height] and replay_halted.
inline Replay() {
  replay_height = 0; replay_head = 0; replay_term = 0; replay_halted = 0;
  for (i : 1 .. N) { replay[i] = 0 }
  i = 1;
  do
  :: i <= length && !replay_halted ->
     if
     :: log[i] == 0 -> skip
     :: else ->
        tmp = verdict;
        Judge(log[i], replay_height, replay_head, replay_term);
        if
        :: verdict == ACCEPTED ->
           replay_height++; replay_head = log[i]; replay[replay_height] = replay_head;
           if
           :: record[replay_head].takeover -> replay_term = replay_height
           :: else -> skip
           fi
        :: verdict == DAMAGE -> replay_halted = 1
        :: else -> skip
        fi;
        verdict = tmp
     fi;
     i++
  :: else -> break
  od
}
