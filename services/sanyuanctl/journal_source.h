// Journals where they lie, in a data directory or on Kafka, for commands that ask no server. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_JOURNAL_SOURCE_H_
#define SANYUAN_SERVICES_SANYUANCTL_JOURNAL_SOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/host/replay.h"
#include "common/log/embedded/identity_file.h"
#include "common/log/log.h"
#include "services/sanyuan/journal_topics.h"

namespace sanyuan::ctl {

// Where journals are. With brokers and a directory the journals are the brokers' and the directory says which they
// were when it was made.
struct JournalPlace {
  std::string data;  // Data directory.
  KafkaPlace kafka;

  bool given() const { return !data.empty() || !kafka.brokers.empty(); }
};

class JournalSource {
 public:
  static absl::StatusOr<JournalSource> Open(const JournalPlace& place);

  const std::vector<host::ContextSpec>& specs() const { return specs_; }
  // nullptr when there is no such context.
  const host::ContextSpec* Find(const std::string& context) const;
  std::string ContextOf(const host::Replayed& replayed) const;
  log::LogReader& log() const { return *log_; }
  partition::Strictness strictness() const { return strictness_; }
  host::ReadRecords Reader() const;
  // All journals from their beginnings; one that is not what the directory was made with is damaged.
  absl::StatusOr<std::vector<host::Replayed>> Replay() const;

 private:
  std::vector<host::ContextSpec> specs_;
  std::unique_ptr<log::LogReader> log_;
  partition::Strictness strictness_ = partition::Strictness::kStrict;
  std::optional<log::Identity> identity_;
};

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_JOURNAL_SOURCE_H_
