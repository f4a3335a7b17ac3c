// What a ledger and the journals say of each other, when all is quiet: nothing acknowledged is missing, nothing took effect
// twice, what was refused has no effect, and goods and allowances are conserved.
// Thread safety: none.
#ifndef SANYUAN_TESTS_CHAOS_WORKLOAD_AUDIT_H_
#define SANYUAN_TESTS_CHAOS_WORKLOAD_AUDIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/sanyuanctl/journal_source.h"
#include "tests/chaos/workload/ledger.h"

namespace sanyuan::chaos {

struct AuditReport {
  int64_t commands = 0;
  int64_t acknowledged = 0;  // At least once.
  int64_t refused = 0;
  int64_t unknown = 0;        // Nobody was told. Of these ...
  int64_t unknown_there = 0;  // ... so many were decided all the same, each as a whole.

  int64_t missing = 0;                // Acknowledged, and not in the journal where the answer says.
  int64_t twice = 0;                  // Decided more than once.
  int64_t contradicted = 0;           // Answered differently at different times, or refused and done.
  int64_t foreign = 0;                // Decided for a request id that the ledger does not know.
  std::string goods;                  // What is wrong with goods and allowances, or empty.
  std::vector<std::string> damage;    // Journals that can't be read to their ends.
  std::vector<std::string> examples;  // Of what was found, the first of each kind.

  bool clean() const {
    return missing + twice + contradicted + foreign == 0 && goods.empty() && damage.empty();
  }
};

// An error is one of the log; damage is a finding.
absl::StatusOr<AuditReport> Audit(const std::map<std::string, Entry>& ledger,
                                  const ctl::JournalSource& source);

}  // namespace sanyuan::chaos

#endif  // SANYUAN_TESTS_CHAOS_WORKLOAD_AUDIT_H_
