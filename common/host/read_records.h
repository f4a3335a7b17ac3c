// Reading a journal where it lies, by whatever reads records. Any thread.
#ifndef SANYUAN_COMMON_HOST_READ_RECORDS_H_
#define SANYUAN_COMMON_HOST_READ_RECORDS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/log/log.h"

namespace sanyuan::host {

// What reading needs of a log: records from an offset on, as log::Log::ReadFrom.
using ReadRecords = std::function<absl::StatusOr<std::vector<log::Record>>(const log::TopicPartition& journal,
                                                                           int64_t offset, size_t limit)>;

// The record of a height: at the offset of the same number, but for what was skipped or released.
absl::StatusOr<std::optional<log::Record>> FindHeight(const ReadRecords& read,
                                                      const log::TopicPartition& journal, uint64_t height);

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_READ_RECORDS_H_
