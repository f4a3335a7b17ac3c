// What every query of allocation does alike: check a field, read a row, read a page of rows. Any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_QUERY_SUPPORT_H_
#define SANYUAN_SERVICES_ALLOCATION_QUERY_SUPPORT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/partition/domain.h"
#include "common/state/codec.h"
#include "common/view/view_store.h"
#include "services/allocation/domain/calendar.h"

namespace sanyuan::allocation {

absl::StatusOr<County> CountyOfRequest(const std::string& county_code);
absl::StatusOr<WindowKey> WindowOfRequest(const std::string& window_id, County county);
absl::StatusOr<RunKey> RunOfRequest(const std::string& run_id, County county);
absl::StatusOr<std::string> MonthOfRequest(const std::string& month);
// PermissionDenied for a retailer who asks about another shop.
absl::Status CheckOwnLicence(const partition::Actor& caller, const std::string& licence);
absl::Status NotThere(const std::string& what);

// A page token is the key after which the next page begins, without the prefix of the list.
struct Page {
  std::vector<std::pair<std::string, std::string>> rows;
  std::string next_token;
};
// `size` 0 is 50, at most 500.
absl::StatusOr<Page> ReadPage(const view::ViewReader& view, const std::string& prefix,
                              const std::string& token, int32_t size);

template <typename Message>
absl::StatusOr<Message> ParseRow(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return absl::DataLossError("a row of the view can't be read");
  return message;
}

// NotFound when there is no such row.
template <typename Message>
absl::StatusOr<Message> ReadRow(const view::ViewReader& view, const std::string& key,
                                const std::string& what) {
  const absl::StatusOr<std::optional<std::string>> bytes = view.Get(key);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return NotThere(what);
  return ParseRow<Message>(**bytes);
}

// A row in the state's own form.
template <typename Row>
absl::StatusOr<Row> DecodeRow(const std::string& bytes) {
  Row row;
  if (!state::Decode(bytes, row)) return absl::DataLossError("a row of the view can't be read");
  return row;
}

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_QUERY_SUPPORT_H_
