// The beginnings of journals: which there are, making them, and the ids by which they are told from others.
// Any thread.
#ifndef SANYUAN_COMMON_HOST_GENESIS_H_
#define SANYUAN_COMMON_HOST_GENESIS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/host/partition_host.h"
#include "common/host/read_records.h"
#include "common/log/log.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::host {

// The ends of older journals: of those that are copied, then of those that they had been copied from, and so on.
using Generations = std::vector<journal::v1::Generation>;
// What a genesis says of its journal.
Generations GenerationsOf(const journal::v1::Genesis& genesis);

// Journal ids by journal, as an identity file keeps them.
using JournalIds = std::map<log::TopicPartition, std::string>;

// One partition of a context, with the number of all of them.
struct JournalOf {
  const ContextSpec* spec;
  log::TopicPartition journal;
  int32_t partition_count;
};

// All journals of the contexts, of `partitions` each but for those that have one alone. `specs` outlives the result.
std::vector<JournalOf> JournalsOf(const std::vector<ContextSpec>& specs, int32_t partitions);

// Writes a genesis into each journal that is empty, and waits until it can be read. Gives the ids of all. Repeating it
// is safe; two at the same time are not. With `copied_from` they are to be filled with what the first of these journals hold
// before anything is decided (journal::v1::Genesis). DataLoss: a journal begins with something else. Errors of the log.
absl::StatusOr<JournalIds> CreateJournals(const std::vector<ContextSpec>& specs, int32_t partitions,
                                          log::Log& log, const Generations& copied_from = {});
// The genesis of a journal. NotFound: it is empty. DataLoss: it begins with something else. Errors of reading.
absl::StatusOr<journal::v1::Genesis> ReadGenesis(const ReadRecords& read, const log::TopicPartition& journal);
// The ids that the journals' genesis records carry. NotFound: a journal is empty. DataLoss: it begins with something
// else, or the genesis names another context, partition or number of partitions.
absl::StatusOr<JournalIds> ReadJournalIds(const std::vector<ContextSpec>& specs, int32_t partitions,
                                          log::LogReader& log);

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_GENESIS_H_
