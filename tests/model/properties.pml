// What must hold, beside the assertions that stand where a reader accepts or halts (readers.pml).

// A command is acknowledged because of record `r`: a full replay accepts it, and X has one outcome.
inline Answer(r) {
  printf("    acknowledges record %d (height %d)\n", r, record[r].height);
#ifndef LOSE_SEEN
  Replay();
  assert(replay[record[r].height] == r);
#endif
#ifndef LOSES_WHAT_WAS_READ
  record[r].answered = 1;
#if WITNESS
  for (i : 1 .. N) {
    WITNESSED(4, record[i].answered && record[i].term != record[r].term);
    WITNESSED(5, i != r && record[i].x && record[r].x)
  }
#endif
  if
  :: record[r].x ->
     assert(answered_x == 0 || answered_x == record[r].height);
     answered_x = record[r].height
  :: else -> skip
  fi;
#endif
  skip
}

// ANSWERS_ONLY asks only whether something acknowledged gets lost, not whether readers part.
#ifdef ANSWERS_ONLY
#define COMPARED false
#else
#define COMPARED true
#endif

// A reader that has come to the end of the log agrees with a full replay, or one of the two has halted;
// nothing acknowledged is missing. Heads are compared: `prev` makes a head stand for its whole sequence.
inline Compare(r) {
  if
  :: COMPARED && reader[r].offset == length && !reader[r].halted && !reader[r].look ->
     Replay();
#ifdef LOSE_SEEN
     // Where a record vanished that this reader has read, a full replay may have accepted a take-over in
     // its place, but no decision: the first one that this reader meets there makes it halt.
     for (i : 1 .. N) { chain[i] = 0 }
     k = reader[r].head;
     do
     :: k != 0 -> chain[record[k].height] = k; k = record[k].prev
     :: else -> break
     od;
     for (i : 1 .. N) {
       assert(replay_halted || replay[i] == 0 || replay[i] == chain[i] || record[replay[i]].takeover)
     }
#else
     assert(replay_halted || replay_head == reader[r].head);
#endif
#ifndef LOSES_WHAT_WAS_READ
     for (i : 1 .. N) { assert(!record[i].answered || replay[record[i].height] == i) }
#endif
#if WITNESS
     k = 0;
     for (i : 1 .. N) { k = k + (replay[i] != 0 && record[replay[i]].takeover) }
     WITNESSED(1, replay_height == N && k == 2);
     WITNESSED(2, k >= 3);
     WITNESSED(3, replay_height == N && k == 1 && reader[1].offset == 1 && reader[1].phase == OWNER)
#endif
     skip
  :: else -> skip
  fi
}
