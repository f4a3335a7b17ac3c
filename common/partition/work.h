// What a partition gives to its domain's code, which may not survive it: a name for it that is the same after a restart.
// Plain data, any thread.
#ifndef SANYUAN_COMMON_PARTITION_WORK_H_
#define SANYUAN_COMMON_PARTITION_WORK_H_

#include <compare>
#include <cstdint>
#include <string>

namespace sanyuan::partition {

struct Work {
  // Stored: numbers never change.
  enum class Kind : uint64_t {
    kNone = 0,
    kCommand = 1,  // `a` and `b`: the hash of principal, method and request id.
    kTimer = 2,    // `a`: when it was due, microseconds since the epoch.
    kInput = 3,  // `a`: which of the partition's inputs; `b`: height of its record; `c`: index of the effect.
    kRun = 4,    // `a`: which step of the run.
  };
  Kind kind = Kind::kNone;
  uint64_t a = 0;
  uint64_t b = 0;
  uint64_t c = 0;

  auto operator<=>(const Work&) const = default;
};

// For people: "a command", "a timer", "input 2 at height 17", "step 3 of a run".
std::string Text(const Work& work);

// `c` of an input while the domain is asked for the pages that it needs.
inline constexpr uint64_t kAskingForPages = UINT64_MAX;

// So many processes may die with a piece of work before it is not tried any more. A command is tried again by whoever sent
// it, and by others at his side; what is not a command has only us.
inline constexpr int kDeathsOfCommand = 2;
inline constexpr int kDeathsOfOthers = 3;

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_WORK_H_
