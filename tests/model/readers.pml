// Readers judge record by record. Writers are readers too; the Follower is nothing else.

inline Halt(r) {
  printf("    halts\n");
#ifdef SOUND
  assert(false);               // a sound log never looks like damage
#endif
  WITNESSED(9, r < WRITERS && reader[r].phase == OWNER);
  reader[r].halted = 1;
  if
  :: r < WRITERS && reader[r].phase != IDLE -> Release(r)
  :: else -> skip
  fi
}

// What ends a session of a writer: another's take-over, or any record at the height of one's own.
#ifdef NO_STAND_DOWN
#define STANDS_DOWN(r) (reader[r].phase == CLAIMING)
#else
#define STANDS_DOWN(r) (reader[r].phase != IDLE && (reader[r].phase == CLAIMING || record[id].takeover))
#endif

#ifdef TAKE_OVER_NOT_IDENTIFIED
#define OWN(r) (record[id].mine == r + 1 || (reader[r].phase == CLAIMING && record[id].takeover))
#else
#define OWN(r) (record[id].mine == r + 1)
#endif

inline Accept(r) {
  printf("    accepts it, its predecessor is record %d\n", record[id].prev);
  assert(record[id].prev == reader[r].head);   // it was decided on exactly what this reader has accepted
  assert(!record[id].x || !reader[r].has_x);   // nothing takes effect twice
  reader[r].height++;
  reader[r].head = id;
  if
  :: record[id].takeover -> reader[r].term = record[id].height
  :: else -> skip
  fi;
  reader[r].has_x = reader[r].has_x | record[id].x;
  if
  :: r != READER && OWN(r) ->
     if
     :: record[id].takeover -> reader[r].phase = OWNER
     :: else -> Answer(id)
     fi
  :: r != READER && !OWN(r) && STANDS_DOWN(r) -> Release(r)
  :: else -> skip
  fi
}

inline Read(r) {
  d_step {
    reader[r].offset < length && !reader[r].halted && !reader[r].look;
    reader[r].offset++;
    id = log[reader[r].offset];
    if
    :: id == 0 -> skip
    :: else ->
       printf("reader %d reads offset %d: record %d\n", r, reader[r].offset, id);
       Judge(id, reader[r].height, reader[r].head, reader[r].term);
#if WITNESS
       WITNESSED(6, verdict == SKIPPED && record[id].term < reader[r].term && !record[id].takeover &&
                    !record[reader[r].head].takeover);
       WITNESSED(7, verdict == SKIPPED && record[id].takeover && record[id].term == reader[r].term &&
                    record[id].prev != reader[r].head && reader[r].head != id);
       WITNESSED(8, verdict == SKIPPED && reader[r].head == id);
#endif
       if
       :: verdict == ACCEPTED -> Accept(r)
       :: verdict == SKIPPED -> printf("    skips it\n")
       :: verdict == DAMAGE -> Halt(r)
       fi;
       if
       :: record[id].mine == r + 1 -> record[id].mine = 0
       :: else -> skip
       fi
    fi;
    Compare(r)
  }
}

#ifdef LOSES_WHAT_WAS_READ
// After a disconnect: reads the record at its head again, and goes on right behind it.
inline Reread(r) {
  d_step {
    reader[r].look && !reader[r].halted;
    printf("reader %d reads the record at its head again\n", r);
    reader[r].look = 0;
    k = 0;
    do
    :: k <= length && log[k] != reader[r].head -> k++
    :: else -> break
    od;
    if
    :: k > length -> Halt(r)
    :: else ->
#ifndef POSITION_NOT_SET_BACK
       reader[r].offset = k
#else
       skip
#endif
    fi;
    Compare(r)
  }
}

#define REREAD(r) :: Reread(r)
#else
#define REREAD(r)
#endif

proctype Follower() {
  do
  :: Read(READER)
  REREAD(READER)
  od
}
