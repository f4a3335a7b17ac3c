// Where every partition is decided now, and which instances live, as they announce it.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_OWNERSHIP_DIRECTORY_H_
#define SANYUAN_COMMON_OWNERSHIP_DIRECTORY_H_

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ownership/ownership.h"

namespace sanyuan::ownership {

class Directory {
 public:
  // `now` of a clock that never goes back.
  void OnAnnounced(const Announcement& announcement);
  void OnPresent(const Presence& presence, bool earlier, absl::Time now);

  // Who announced the highest take-over and has not left since.
  std::optional<Announcement> LeaderOf(const Share& share) const;
  // All that anybody was ever heard to lead.
  std::set<Share> Shares() const;
  // Instances that were heard of within some seconds, in the order of their names.
  std::vector<Presence> Living(absl::Time now) const;

 private:
  struct Heard {
    Presence presence;
    absl::Time at;
  };
  mutable std::mutex mutex_;
  std::map<Share, Announcement> leaders_;
  std::set<Share> shares_;
  std::map<std::string, Heard> instances_;
};

}  // namespace sanyuan::ownership

#endif  // SANYUAN_COMMON_OWNERSHIP_DIRECTORY_H_
