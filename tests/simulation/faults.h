// What goes wrong in a round. There is one mix for all rounds, all scenarios and all controls: each round draws
// a few faults from it, each at a time of its own. At most one of them breaks what a log promises (unsound).
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_FAULTS_H_
#define SANYUAN_TESTS_SIMULATION_FAULTS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "tests/simulation/schedule.h"

namespace sanyuan::simulation {

struct World;

enum class Fault : uint8_t {
  kDelay,              // Records of one topic land up to a second later for a while.
  kDuplicate,          // Half of what lands lands again.
  kLostTail,           // A session ends in the middle of what is pending; its writer learns it later.
  kPause,              // A process stands still, and goes on as if nothing had been.
  kCrash,              // A process forgets all but its last snapshots.
  kProducerDestroyed,  // A session ends and its writer knows; what is pending may land late.
  kStalled,            // The log takes no records for a while.
  kLaggingReader,      // A process reads everything seconds late.
  kServerClock,        // The clock of a process steps.
  kClientClock,        // The clock of a client steps, so its request ids are out of the window.
  kTornSnapshot,       // A crash whose snapshots come back changed or cut short.
  kOwnerMoves,         // Another process is to write.
  kTwoOwners,          // Two processes believe that they are to write.
  // Unsound.
  kLostInTheMiddle,  // A record vanishes, later ones of its session do not.
  kCutEnd,           // The last records are gone again.
  kLostTakeOver,     // The take-over that won a race vanishes, the one that lost it does not.
  kRecreated,        // An empty log with another identity stands in the place of the old one.
  kRepublished,      // The same, but it holds what the old one held, as far as that can be read.
  kFlippedByte,      // One byte of a record is another one.
};
inline constexpr size_t kFaults = 19;
inline constexpr uint64_t kLeastFaults = 3;  // In each round.
inline constexpr Fault kFirstUnsound = Fault::kLostInTheMiddle;

std::string_view FaultName(Fault fault);

// How often each was applied.
using FaultCounts = std::array<uint64_t, kFaults>;

// Draws the faults of a round and schedules them between `from` and `until`.
void ScheduleFaults(World& world, Micros from, Micros until);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_FAULTS_H_
