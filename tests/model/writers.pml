// Writers take over, decide ahead of what they have read, lose their producer, crash; each at any step.

#define READY(w) (!reader[w].halted && !reader[w].look)

#ifdef DECIDE_BEFORE_ACCEPTED
#define MAY_DECIDE(w) (reader[w].phase != IDLE)
#else
#define MAY_DECIDE(w) (reader[w].phase == OWNER)
#endif

#ifdef REQUESTS_OUTSIDE_FOLD
#define KNOWS_X(w) reader[w].sent_x
#else
#define KNOWS_X(w) (reader[w].has_x || reader[w].sent_x)
#endif

inline TakeOver(w) {
  d_step {
    reader[w].phase == IDLE && READY(w) && room > 0;
    printf("writer %d takes over at height %d on record %d\n", w, reader[w].height + 1, reader[w].head);
    flight[w].height = reader[w].height + 1;
    flight[w].prev = reader[w].head;
#ifdef NO_TAKE_OVER
    flight[w].term = reader[w].term;
    reader[w].phase = OWNER
#else
    flight[w].n = 1;
    flight[w].takeover = 1;
    flight[w].term = reader[w].height + 1;
    reader[w].phase = CLAIMING;
    room--
#endif
  }
}

// Chains to the writer's own last record; X is decided once, any other command is a new one.
inline Decide(w, is_x) {
  d_step {
    MAY_DECIDE(w) && READY(w) && room > 0 && (!is_x || !KNOWS_X(w));
    flight[w].n++;
    room--;
    printf("writer %d sends decision %d, X: %d\n", w, flight[w].height + flight[w].n - 1, is_x);
    if
    :: is_x -> flight[w].x = flight[w].n; reader[w].sent_x = 1
    :: else -> skip
    fi
  }
}

inline LoseProducer(w) {
  d_step {
    reader[w].phase != IDLE;
    printf("writer %d loses its producer\n", w);
#ifdef NO_NEW_TAKE_OVER
    if
    :: reader[w].phase == OWNER ->
       Release(w);
       reader[w].phase = OWNER;
       flight[w].term = reader[w].term;
       flight[w].height = reader[w].height + 1;
       flight[w].prev = reader[w].head
    :: else -> Release(w)
    fi
#else
    Release(w)
#endif
  }
}

inline Crash(w) {
  d_step {
    reader[w].phase != IDLE || reader[w].offset > 0 || reader[w].halted || reader[w].look;
    printf("writer %d crashes\n", w);
    Release(w);
    reader[w].offset = 0; reader[w].height = 0; reader[w].head = 0; reader[w].term = 0;
    reader[w].halted = 0; reader[w].look = 0; reader[w].has_x = 0
  }
}

proctype Writer(byte w) {
  do
  :: Read(w)
  REREAD(w)
  :: TakeOver(w)
  :: Decide(w, 0)
#ifndef LOSES_WHAT_WAS_READ
  :: Decide(w, 1)              // where what was read can be lost, so can X: there it says nothing
#endif
  :: LoseProducer(w)
  :: Crash(w)
  od
}
