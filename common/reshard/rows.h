// Whether the folded state of all journals of a context is the same in another number of partitions. Pure functions, any thread.
#ifndef SANYUAN_COMMON_RESHARD_ROWS_H_
#define SANYUAN_COMMON_RESHARD_ROWS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/reshard/survey.h"

namespace sanyuan::reshard {

// Rows of each partition, before and after. A county's rows stand in its own partition and are the same there; rows of no
// county are the same in every partition, or all partitions together hold the same ones; which of the two is right of a table
// that was in one partition the rows do not say, but the audit. DataLoss: they are not, with the
// table and county of the first difference.
absl::Status CompareRows(const std::string& context, const std::vector<RowDigests>& before,
                         const std::vector<RowDigests>& after);

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_ROWS_H_
