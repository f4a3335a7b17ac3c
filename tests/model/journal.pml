// The acceptance rule of a journal partition, and the writers that live by it.
//
// A log of N offsets. WRITERS writers replay it, take over, decide ahead of what they have read, lose
// their producer or crash at any step; a follower only reads. README.md says what is left out.
//
// Flags, see run.sh: N, WRITERS; the engine (none: sound, or LOSE_UNSEEN, LOSE_SEEN, CUT_END); a
// safeguard that is off; WITNESS=n makes an error of a situation that must be reachable.

#include "state.pml"
#include "rule.pml"
#include "properties.pml"
#include "sessions.pml"
#include "readers.pml"
#include "writers.pml"
#include "engine.pml"

init {
  atomic {
    run Engine();
    run Writer(0);
    run Writer(1);
#if WRITERS == 3
    run Writer(2);
#endif
    run Follower()
  }
}
