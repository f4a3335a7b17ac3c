// What an installation's journals hold before they are copied, and whether they are at rest: every context has consumed its
// inputs, and nothing is under way. Nothing here writes. Not thread-safe.
#ifndef SANYUAN_COMMON_RESHARD_SURVEY_H_
#define SANYUAN_COMMON_RESHARD_SURVEY_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/host/genesis.h"
#include "common/log/log.h"
#include "common/partition/partition.h"

namespace sanyuan::reshard {

// Of each table and county the rows as a set (state::Store::RowDigests).
using RowDigests = std::map<std::pair<std::string, County>, SetDigest>;

// The journals of an installation, where they lie.
struct Installation {
  std::vector<host::ContextSpec> specs;
  int32_t partitions = 0;
  log::LogReader* log = nullptr;
  partition::Strictness strictness = partition::Strictness::kStrict;

  std::vector<host::JournalOf> Journals() const { return host::JournalsOf(specs, partitions); }
  host::ReadRecords Reader() const;
  // The journal that a partition reads as its input of this topic.
  log::TopicPartition InputOf(int32_t partition, const std::string& topic) const;
};

struct Surveyed {
  host::JournalOf of;  // Points into the installation's specs.
  partition::Place end;
  int64_t end_offset = 0;
  absl::Time last_decided = absl::InfinitePast();
  RowDigests rows;
  std::map<County, Digest> business;  // As host::Replayed.

  journal::v1::Cursor End() const;  // As a genesis names it.
};

// Replays every journal. FailedPrecondition: a journal is not at rest, is halted by damage or has not the newest format, with
// what to do. Errors of the log.
absl::StatusOr<std::vector<Surveyed>> Survey(const Installation& installation);
// A request with an id that is older can't come again to any of the journals.
absl::Time MayComeAgainSince(const std::vector<Surveyed>& surveyed);
// FailedPrecondition: a journal has gone on since.
absl::Status CheckUnchanged(const Installation& installation, const std::vector<Surveyed>& surveyed);

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_SURVEY_H_
