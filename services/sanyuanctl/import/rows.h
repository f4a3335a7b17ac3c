// From the text of a file to items of a kind: every fault of header, rows and cells goes into the report, every
// other row becomes an item. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IMPORT_ROWS_H_
#define SANYUAN_SERVICES_SANYUANCTL_IMPORT_ROWS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/sanyuanctl/import/kind.h"
#include "services/sanyuanctl/import/report.h"

namespace sanyuan::ctl::import {

// One thing to register, and the rows that say it (several for kinds with groups).
struct Item {
  std::vector<RowPlace> rows;
  std::string county;
  std::unique_ptr<google::protobuf::Message> message;
};

// In the order of the file. Without a usable header the report says so and nothing is given.
std::vector<Item> ReadItems(const Kind& kind, const std::string& file, std::string_view text, Report& report);

}  // namespace sanyuan::ctl::import

#endif  // SANYUAN_SERVICES_SANYUANCTL_IMPORT_ROWS_H_
