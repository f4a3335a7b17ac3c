// Reading a journal where it lies, by whatever reads records. Any thread.
#ifndef SANYUAN_COMMON_HOST_READ_RECORDS_H_
#define SANYUAN_COMMON_HOST_READ_RECORDS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/partition/rule.h"

namespace sanyuan::host {

// What reading needs of a log: records from an offset on, as log::Log::ReadFrom.
using ReadRecords = std::function<absl::StatusOr<std::vector<log::Record>>(const log::TopicPartition& journal,
                                                                           int64_t offset, size_t limit)>;

// The accepted record of a height; nullopt when the journal does not reach it or is damaged before it.
//
// Where no record lands late it is at the offset of the same number, but for what was dropped by releases. Elsewhere
// records that were skipped have heights too, and only the rule tells them apart: then the journal is read from the
// place in `from` on, or from its beginning, and the place that was found is left there, so that heights that are asked
// for in ascending order cost one reading together.
absl::StatusOr<std::optional<log::Record>> FindHeight(const ReadRecords& read,
                                                      const log::TopicPartition& journal, uint64_t height,
                                                      partition::Strictness strictness,
                                                      std::optional<partition::Place>* from = nullptr);

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_READ_RECORDS_H_
