// Who should write which partition, and where it is reached: the port between instances. Ownership is routing only.
// The fence is the take-over in the journal, so two instances that both believe that they own a partition are harmless.
//
// Without this port a process owns every partition that it hosts.
//
// Thread safety: all methods may be called from any thread; callbacks come on threads of the engine, one at a time,
// and must not block.
#ifndef SANYUAN_COMMON_OWNERSHIP_OWNERSHIP_H_
#define SANYUAN_COMMON_OWNERSHIP_OWNERSHIP_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/partition/rule.h"

namespace sanyuan::ownership {

struct Share {
  std::string context;
  int32_t partition = 0;

  auto operator<=>(const Share&) const = default;
};

struct FoundDamage {
  int64_t offset = 0;
  std::string why;

  bool operator==(const FoundDamage&) const = default;
};

// What an instance says about one partition (proto/sanyuan/ownership/v1/ownership.proto).
struct Announcement {
  enum class State : uint8_t { kWanting, kLeading, kStopped, kLeft, kFollowing };
  Share share;
  std::string instance;
  std::string address;
  State state = State::kWanting;
  std::string stopped_for;
  std::optional<partition::Place> place;  // Up to where it has accepted the journal; the offset is not told.
  std::optional<FoundDamage> damage;
  bool assigned = false;  // The partition was shared out to it.
};

// How the log took a row that this instance wrote itself.
struct Landing {
  absl::Time appended_at;  // By the clock of the log.
  absl::Duration took;     // From before it was written until it was read back, by a clock that is not set.
};

// What an instance says about itself, every second.
struct Presence {
  std::string instance;
  std::string address;
  bool left = false;
  std::optional<int64_t> simulated_now_us;  // Since the epoch.
  uint32_t newest_format = 1;               // Of journals, that it reads.
  int64_t sent_at_us = 0;                   // By the sender's monotonic clock: it tells nothing to others.
  std::optional<Landing> landing = std::nullopt;  // Of one's own, on logs that have a clock; is not written.
};

class OwnershipListener {
 public:
  virtual ~OwnershipListener() = default;
  // All that this instance is to write from now on. What is not in it any more may be written until another takes over.
  virtual void OnAssigned(const std::set<Share>& shares) = 0;
  // Of any instance, this one too; for one partition in one order for all instances. `earlier`: it was there before
  // this instance began to listen, so nobody knows how old it is.
  virtual void OnAnnounced(const Announcement& announcement, bool earlier) = 0;
  virtual void OnPresent(const Presence& presence, bool earlier) = 0;
};

class Ownership {
 public:
  virtual ~Ownership() = default;
  // Of this start of the process.
  virtual const std::string& instance() const = 0;
  // Begins to tell what is announced; what was there before is told before this returns. `listener` outlives Close.
  virtual absl::Status Listen(OwnershipListener* listener) = 0;
  // Begins to be assigned partitions. `address`: where calls of other instances reach this one.
  virtual absl::Status Join(std::string address) = 0;
  // Sent some time later, or never if the log is away; who wants to know reads it back.
  virtual void Announce(Announcement announcement) = 0;
  virtual void Present(std::optional<int64_t> simulated_now_us) = 0;
  // Is assigned nothing any more; others are, at once. What it leads it may lead until another takes over.
  virtual void Leave() = 0;
  // Says that this instance has ended, sends what is still to be sent (some seconds at most), and tells nothing more.
  virtual void Close() = 0;
};

}  // namespace sanyuan::ownership

#endif  // SANYUAN_COMMON_OWNERSHIP_OWNERSHIP_H_
