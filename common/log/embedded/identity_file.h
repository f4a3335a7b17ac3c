// `identity`, a file beside the database: which journals belong to this data directory. It is written when
// they have been created and never says otherwise later; a server that finds another journal in the database
// than the identity knows has been given somebody else's file, and must not go on.
//
// Plain JSON, for people: {"format": 1, "created_at": "...", "partition_count": 8,
//                          "journals": [{"topic": "...", "partition": 0, "journal_id": "32 hex digits"}]}
// Thread safety: one thread at a time, by the process that has the directory.
#ifndef SANYUAN_COMMON_LOG_EMBEDDED_IDENTITY_FILE_H_
#define SANYUAN_COMMON_LOG_EMBEDDED_IDENTITY_FILE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace sanyuan::log {

struct Identity {
  absl::Time created_at;                              // Whole milliseconds.
  int32_t partition_count = 0;                        // Of each context, at least 1.
  std::map<TopicPartition, std::string> journal_ids;  // 16 bytes each.

  bool operator==(const Identity&) const = default;
};

// FailedPrecondition: one of the journals that were found, by their ids, is not one that the directory was made with.
absl::Status CheckJournals(const Identity& known, const std::map<TopicPartition, std::string>& found,
                           const std::string& directory);

class IdentityFile {
 public:
  explicit IdentityFile(const std::string& directory) : path_(directory + "/identity") {}

  // NotFound: none was written yet. DataLoss: it is damaged. FailedPrecondition: written by a later version.
  absl::StatusOr<Identity> Read() const;
  // Durable as a whole or not at all. An identity that is there may be extended by journals; to change
  // anything that it says is FailedPrecondition. InvalidArgument: not a possible identity.
  absl::Status Write(const Identity& identity) const;

 private:
  const std::string path_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_COMMON_LOG_EMBEDDED_IDENTITY_FILE_H_
