// Reads older and new journals once more, after all was copied, and counts: whether every decision that somebody was told of
// or that changed a county is there, as a copy that names the very record, and whether every page that is named is there. It
// shares no code with the copying but reading. Any thread.
#ifndef SANYUAN_COMMON_RESHARD_AUDIT_H_
#define SANYUAN_COMMON_RESHARD_AUDIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/reshard/survey.h"

namespace sanyuan::reshard {

struct Counts {
  uint64_t decisions = 0;     // Of the older journals, that must be in the new ones.
  uint64_t acknowledged = 0;  // Commands among them.
  uint64_t copies = 0;        // In the new journals; a decision may have several.
};

// By context. DataLoss: something is missing, or is a copy of nothing.
absl::StatusOr<std::map<std::string, Counts>> Audit(const Installation& from,
                                                    const std::vector<Surveyed>& surveyed,
                                                    const Installation& to);

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_AUDIT_H_
