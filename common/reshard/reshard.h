// The journals of an installation with another number of partitions: new ones, whose genesis names where the older ones ended,
// filled with the older ones' decisions, each in the partition that its county has now. The older ones are only read.
//
// README.md beside this file says what becomes of each thing that a journal holds. One thread; may take as long as replaying
// the journals four times.
#ifndef SANYUAN_COMMON_RESHARD_RESHARD_H_
#define SANYUAN_COMMON_RESHARD_RESHARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/reshard/audit.h"
#include "common/reshard/survey.h"

namespace sanyuan::reshard {

struct Request {
  int32_t partitions = 1;  // Of the new journals.
  std::string operator_id;
  std::string why;
  bool map_pages = true;  // Off only for the control "heights of pages as they were".
};

struct Report {
  std::map<std::string, Counts> contexts;
  std::vector<journal::v1::Cursor> copied_from;  // Where the older journals ended.
  host::JournalIds journals;                     // The new ones.
  std::string digest_text;                       // Of the business state, equal before and after.
  uint64_t operators_decisions = 0;  // Formats raised and inputs skipped, which stay in the older journals.
  // By two counties of what is one partition now: the later outcome is remembered.
  uint64_t request_ids_used_twice = 0;
};

// Makes the place of the new journals; called when the older ones were found at rest. The log outlives Reshard.
using MakePlace = std::function<absl::StatusOr<log::Log*>()>;
// Brings over what servers need beside the journals, before anybody may lead these.
using HandOver = std::function<absl::Status()>;

// Copies `from` into empty journals and says so in each of them when all was checked. When this fails half-copied journals may
// be left, which no server leads; the next try wants another place.
//   InvalidArgument     the request: a field is named
//   FailedPrecondition  the older journals are not at rest or went on; a new journal is not empty; with what to do
//   DataLoss            what was copied is not what was there: the older journals are still the valid ones
//   Unavailable         the log
// and what make_place and hand_over give.
absl::StatusOr<Report> Reshard(const Installation& from, const MakePlace& make_place,
                               const HandOver& hand_over, const Request& request);

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_RESHARD_H_
