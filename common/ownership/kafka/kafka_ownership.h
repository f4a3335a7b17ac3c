// Ownership on Kafka: the group protocol on the owners topics shares partitions out, and the same topics, compacted,
// carry what instances announce.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_OWNERSHIP_KAFKA_KAFKA_OWNERSHIP_H_
#define SANYUAN_COMMON_OWNERSHIP_KAFKA_KAFKA_OWNERSHIP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/log/kafka/options.h"
#include "common/ownership/ownership.h"

namespace sanyuan::ownership {

struct KafkaOwnershipOptions {
  log::KafkaLogOptions kafka;
  std::string group = "sanyuan";    // Without the prefix of the installation.
  std::vector<std::string> hosted;  // Contexts that this instance may be assigned partitions of.
  std::vector<std::string> all;     // Contexts whose owners it wants to know.
  absl::Duration session_timeout = absl::Seconds(6);
};

class KafkaOwnership : public Ownership {
 public:
  // Asks no broker yet. REQUIRES: a context is hosted. Listen and Join: also NotFound (no such topic), Unavailable (no
  // answer), InvalidArgument (a setting is wrong).
  static std::unique_ptr<KafkaOwnership> New(const KafkaOwnershipOptions& options);
};

}  // namespace sanyuan::ownership

#endif  // SANYUAN_COMMON_OWNERSHIP_KAFKA_KAFKA_OWNERSHIP_H_
