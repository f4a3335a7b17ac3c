#include "services/allocation/query_support.h"

#include <algorithm>

namespace sanyuan::allocation {
namespace {

constexpr int32_t kDefaultPage = 50;
constexpr int32_t kLargestPage = 500;

absl::Status Malformed(const std::string& field, const std::string& form) {
  return absl::InvalidArgumentError(field + ": " + form);
}

}  // namespace

absl::StatusOr<County> CountyOfRequest(const std::string& county_code) {
  const auto county = county_code.size() == 6 ? CountyOfId(county_code) : std::nullopt;
  if (!county) return Malformed("county_code", "six digits");
  return *county;
}

absl::StatusOr<WindowKey> WindowOfRequest(const std::string& window_id, County county) {
  const auto window = ParseWindow(window_id);
  if (!window || window->county != county)
    return Malformed("window_id", "<county>-<YYYYMMDD>-<number> of the county");
  return *window;
}

absl::StatusOr<RunKey> RunOfRequest(const std::string& run_id, County county) {
  const auto run = ParseRun(run_id);
  if (!run || run->county != county) return Malformed("run_id", "<window>-r<number> of the county");
  return *run;
}

absl::StatusOr<std::string> MonthOfRequest(const std::string& month) {
  if (!ParseMonth(month)) return Malformed("month", "YYYY-MM");
  return month;
}

absl::Status CheckOwnLicence(const partition::Actor& caller, const std::string& licence) {
  if (!Code::IsValid(licence)) return Malformed("licence", "1 to 15 printable characters");
  if (caller.role == common::v1::ROLE_RETAILER && caller.id != licence) {
    return absl::PermissionDeniedError("licence: a retailer sees his own shop alone");
  }
  return absl::OkStatus();
}

absl::Status NotThere(const std::string& what) { return absl::NotFoundError("there is no such " + what); }

absl::StatusOr<Page> ReadPage(const view::ViewReader& view, const std::string& prefix,
                              const std::string& token, int32_t size) {
  if (size < 0) return Malformed("page_size", "0 or more");
  const auto limit = static_cast<size_t>(size == 0 ? kDefaultPage : std::min(size, kLargestPage));
  auto rows = view.Scan(prefix, token.empty() ? "" : prefix + token, limit + 1);
  if (!rows.ok()) return rows.status();
  Page page;
  page.rows = *std::move(rows);
  if (page.rows.size() > limit) {
    page.rows.resize(limit);
    page.next_token = page.rows.back().first.substr(prefix.size());
  }
  return page;
}

}  // namespace sanyuan::allocation
