// Reads a file of comma-separated values, plain or compressed with gzip, row by row.
// Pure but for the file, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IOWA_CSV_FILE_H_
#define SANYUAN_SERVICES_SANYUANCTL_IOWA_CSV_FILE_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace sanyuan::ctl::iowa {

// The fields of one row, in the order of the columns that were asked for. Valid during the call only.
using CsvRow = std::vector<std::string_view>;

// Gives every row after the heading to `row`, whose error ends the reading. Columns are found by their heading,
// wherever they stand; others are passed over. NotFound without the file. InvalidArgument, with file and row
// (the heading is row 1), when a column is missing or there twice, a row has another number of fields than the
// heading, quotes are broken, or the file ends too early.
absl::Status ReadCsv(const std::string& path, const std::vector<std::string>& columns,
                     const std::function<absl::Status(const CsvRow&)>& row);

}  // namespace sanyuan::ctl::iowa

#endif  // SANYUAN_SERVICES_SANYUANCTL_IOWA_CSV_FILE_H_
