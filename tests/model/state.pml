// What there is: the log, the sessions with records in flight, the readers.

#ifndef N
#define N 5
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#define LATE N                 // sessions that nobody holds any more; each has a record in flight
#define READER WRITERS         // the index of the reader that is no writer

#ifndef WITNESS
#define WITNESS 0
#endif
#define WITNESSED(n, situation) assert(!(WITNESS == n && (situation)))

#if defined(LOSE_SEEN) || defined(CUT_END)
#define LOSES_WHAT_WAS_READ
#elif !defined(LOSE_UNSEEN)
#define SOUND
#endif

// A frame. Its index in `record` is its identity and stands for its digest, so that `prev` names one
// record only; 0 is the genesis. The last two are not in the frame: `mine` is 1 + the writer whose
// running session wrote it, until that writer reads it (it knows its own by their digest), `answered`
// says that its command was acknowledged.
typedef Record {
  unsigned takeover : 1;
  unsigned x        : 1;       // it decides the command X
  unsigned term     : 3;
  unsigned height   : 3;
  unsigned prev     : 3;
  unsigned mine     : 2;
  unsigned answered : 1
}

// What a session has sent and what has not landed: a chain of `n` records of one term. The first has
// this height and predecessor; while a writer holds the session they are its next record's when n = 0.
typedef Flight {
  unsigned n        : 3;
  unsigned takeover : 1;       // the first of them is the take-over
  unsigned term     : 3;
  unsigned height   : 3;
  unsigned prev     : 3;
  unsigned x        : 3        // which of them decides X, counted from 1; 0: none
}

// A reader holds what the rule needs: offset, height, head, term. The rest is a writer's.
typedef Reader {
  unsigned offset   : 3;
  unsigned height   : 3;
  unsigned head     : 3;
  unsigned term     : 3;
  unsigned halted   : 1;
  unsigned look     : 1;       // disconnected: must read its head again before anything else
  unsigned has_x    : 1;       // X is in its fold
  unsigned phase    : 2;
  unsigned sent_x   : 1        // X is in its overlay
}
#define IDLE     0
#define CLAIMING 1             // its take-over is on its way
#define OWNER    2             // it has read its take-over as accepted

Record record[N + 1];
Flight flight[WRITERS + LATE]; // by writer, then the late ones, sorted (their order means nothing)
Reader reader[WRITERS + 1];
byte log[N + 1];               // offset to record; 0: the genesis, behind it a hole
byte length;
byte records;                  // identities given, in the order of landing
byte room = N;                 // offsets that no record has taken or is on its way to
byte answered_x;               // the height that X was acknowledged at
bit broken;                    // an unsound engine breaks its promise once

// Scratch of a step, not part of the state.
hidden byte i, k, id, verdict, tmp;
hidden byte replay_height, replay_head, replay_term, replay_halted;
hidden byte replay[N + 1], chain[N + 1];
