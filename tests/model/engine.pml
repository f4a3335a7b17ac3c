// The engine: what is in flight lands, once or more, or is lost. Unsound ones break one promise once.

// Takes the first record out of flight: it gets an identity and the next offset.
inline Take(f) {
  records++;
  length++;
  record[records].takeover = flight[f].takeover;
  record[records].x = (flight[f].x == 1);
  record[records].term = flight[f].term;
  record[records].height = flight[f].height;
  record[records].prev = flight[f].prev;
  flight[f].n--;
  flight[f].takeover = 0;
  flight[f].height++;
  flight[f].prev = records;
  if
  :: flight[f].x > 0 -> flight[f].x--
  :: else -> skip
  fi;
  if
  :: f >= WRITERS ->
     if
     :: flight[f].n == 0 -> Clear(f)
     :: else -> skip
     fi;
     Sort()
  :: else -> skip
  fi
}

inline Land(f) {
  d_step {
    flight[f].n > 0;
    Take(f);
    log[length] = records;
    if
    :: f < WRITERS -> record[records].mine = f + 1
    :: else -> skip
    fi;
    printf("offset %d: record %d, term %d, height %d, on record %d (take-over: %d, X: %d)\n", length,
           records, record[records].term, record[records].height, record[records].prev,
           record[records].takeover, record[records].x);
#ifdef ANSWER_ON_DELIVERY
    if
    :: f < WRITERS && !record[records].takeover -> Answer(records)
    :: else -> skip
    fi;
#endif
#ifdef ANSWER_WHEN_SENT
    if
    :: !record[records].takeover -> Answer(records)
    :: else -> skip
    fi;
#endif
    skip
  }
}

// The last record that a session had in flight never lands.
inline LoseTail(f) {
  d_step {
    flight[f].n > 0;
    printf("a late session of term %d loses its last record\n", flight[f].term);
#ifdef ANSWER_WHEN_SENT
    assert(flight[f].n == 1 && flight[f].takeover);
#endif
    if
    :: flight[f].x == flight[f].n -> flight[f].x = 0
    :: else -> skip
    fi;
    flight[f].n--;
    room++;
    if
    :: flight[f].n == 0 -> Clear(f)
    :: else -> skip
    fi;
    Sort()
  }
}

// A record lands once more.
inline Duplicate(p) {
  d_step {
    p <= length && log[p] != 0 && room > 0;
    room--;
    length++;
    log[length] = log[p];
    printf("offset %d: record %d once more\n", length, log[p])
  }
}

// The unsound engines: a record does not land though later ones of its session do; a landed record
// vanishes; the end is cut off and its offsets are given again. The readers notice a disconnect.
inline LoseInFlight(f) {
  d_step {
    !broken && flight[f].n > 1;
    broken = 1;
    Take(f);
    printf("offset %d stays empty: record %d is lost\n", length, records)
  }
}

inline Disconnect() {
#ifndef HEAD_NOT_READ_AGAIN
  for (i : 0 .. WRITERS) {
#ifdef POSITION_TRUSTED
    if
    :: i != READER -> reader[i].look = 1
    :: else -> skip
    fi
#else
    reader[i].look = 1
#endif
  };
  skip
#else
  skip
#endif
}

inline Vanish(p) {
  d_step {
    !broken && p <= length;
    broken = 1;
    printf("offset %d: record %d vanishes\n", p, log[p]);
    record[log[p]].mine = 0;
    log[p] = 0;
    Disconnect()
  }
}

inline Cut(p) {
  d_step {
    !broken && p <= length;
    broken = 1;
    printf("the log is cut off at offset %d\n", p);
    for (i : p .. length) {
      record[log[i]].mine = 0;
      log[i] = 0
    }
    length = p - 1;
    Disconnect()
  }
}

#if defined(LOSE_UNSEEN)
#define SESSION(f) :: Land(f) :: LoseInFlight(f)
#else
#define SESSION(f) :: Land(f)
#endif
#if defined(LOSE_SEEN)
#define OFFSET(p)  :: Vanish(p)
#elif defined(CUT_END)
#define OFFSET(p)  :: Cut(p)
#else
#define OFFSET(p)  :: Duplicate(p)
#endif
#define LATE_SESSION(f) SESSION(f) :: LoseTail(f)

proctype Engine() {
  do
  SESSION(0)
  SESSION(1)
#if WRITERS == 3
  SESSION(2)
#endif
  LATE_SESSION(WRITERS)
  LATE_SESSION(WRITERS + 1)
  LATE_SESSION(WRITERS + 2)
#if N > 3
  LATE_SESSION(WRITERS + 3)
#endif
#if N > 4
  LATE_SESSION(WRITERS + 4)
#endif
#if N > 5
  LATE_SESSION(WRITERS + 5)
#endif
  OFFSET(1)
  OFFSET(2)
  OFFSET(3)
#if N > 3
  OFFSET(4)
#endif
#if N > 4
  OFFSET(5)
#endif
#if N > 5
  OFFSET(6)
#endif
  od
}
