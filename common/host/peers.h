// Other instances of the same deployment, as one instance reaches them for what concerns the whole: the simulated clock,
// that everything has come to rest, the digest, the format of the journals.
//
// Thread safety: all methods may be called from any thread; they block until all have answered. Unavailable: one did not.
#ifndef SANYUAN_COMMON_HOST_PEERS_H_
#define SANYUAN_COMMON_HOST_PEERS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/digest/digest.h"
#include "common/ownership/ownership.h"
#include "common/state/code.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::host {

// What a partition is about, at one instance.
struct Activity {
  ownership::Share share;
  bool leading = false;
  bool halted = false;
  bool held = false;         // There for reads only, for the sake of work that is not tried any more.
  bool serves = false;       // Commands are taken.
  bool quiet = false;        // Nothing is under way or due.
  uint64_t height = 0;       // Of the last accepted record.
  int64_t end_offset = 0;    // Behind it.
  uint64_t view_height = 0;  // How far its view shows it; the height itself where there is none.
  uint32_t format = 1;       // What its journal may hold.
  absl::Time next_due = absl::InfiniteFuture();
  // Topic of each input that is not halted, and the first offset that was not read yet.
  std::vector<std::pair<std::string, int64_t>> read_inputs;
};

// Of the business state, by context and county.
using Digests = std::map<std::pair<std::string, County>, Digest>;

class Peers {
 public:
  virtual ~Peers() = default;
  virtual absl::StatusOr<std::vector<Activity>> Activities() = 0;
  // Of those that are known to live. Whether any of them was behind.
  virtual absl::StatusOr<bool> MoveClock(absl::Time now) = 0;
  // Of the partitions that they lead.
  virtual absl::StatusOr<Digests> DigestsOfLed() = 0;
  virtual absl::Status RaiseFormatOfLed(const journal::v1::FormatRaised& raise) = 0;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_PEERS_H_
