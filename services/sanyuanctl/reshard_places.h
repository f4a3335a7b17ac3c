// Where resharding reads and writes: from one data directory into another, or from topics of one prefix into those of another
// on the same brokers. One thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_RESHARD_PLACES_H_
#define SANYUAN_SERVICES_SANYUANCTL_RESHARD_PLACES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/reshard/reshard.h"
#include "services/sanyuan/journal_topics.h"

namespace sanyuan::ctl {

struct ReshardPlaces {
  std::string data;       // Of the older journals; on Kafka only to compare them with its identity file.
  std::string to;         // A directory that is missing or empty.
  KafkaPlace kafka;       // Of the older journals, when there are brokers.
  std::string to_prefix;  // Of the new topics, another than the older ones'.
  bool single_copy = false;
  bool publish_events = false;  // Also makes the topics of public events.
};

class ReshardPlace {
 public:
  virtual ~ReshardPlace() = default;
  // The older journals, where no server writes any more as long as this lives.
  virtual absl::StatusOr<reshard::Installation> OpenFrom() = 0;
  // Where `partitions` journals of each context can be made.
  virtual absl::StatusOr<log::Log*> MakeTo(int32_t partitions) = 0;
  // Brings over what a server needs beside the journals.
  virtual absl::Status HandOver() = 0;
  // Lets one start, when the journals are complete.
  virtual absl::Status Finish(const reshard::Report& report, int32_t partitions) = 0;
};

// InvalidArgument: what is missing or does not fit, by its flag. The methods' errors: FailedPrecondition names who still uses the
// older journals or what is in the way, and what to do; else those of the log.
absl::StatusOr<std::unique_ptr<ReshardPlace>> OpenReshardPlace(const ReshardPlaces& places);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_RESHARD_PLACES_H_
