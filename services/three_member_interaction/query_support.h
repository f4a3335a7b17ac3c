// What the queries of this context share: reading rows, and who the caller is. Any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERY_SUPPORT_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERY_SUPPORT_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/state/code.h"
#include "common/state/codec.h"
#include "common/view/query.h"
#include "services/three_member_interaction/domain/rows.h"
#include "services/three_member_interaction/view.h"

namespace sanyuan::three_member_interaction {

inline absl::Status CheckCountyCode(const std::string& code) {
  if (code.size() == 6 && CountyOfId(code)) return absl::OkStatus();
  return absl::InvalidArgumentError("county_code: six digits");
}

// nullopt when there is no such row; DataLoss when it can't be read.
template <typename Message>
absl::StatusOr<std::optional<Message>> ReadMessage(const view::ViewReader& view, const std::string& key) {
  auto row = view.Get(key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::optional<Message>();
  Message message;
  if (!message.ParseFromString(**row)) return absl::DataLossError("a row of the view can't be read");
  return std::optional<Message>(std::move(message));
}

// The caller's record as the registry has it; default values for who is no staff.
inline absl::StatusOr<Staff> StaffOf(const view::ViewReader& view, const std::string& county_code,
                                     const std::string& id) {
  auto row = view.Get(StaffViewKey(county_code, id));
  if (!row.ok()) return row.status();
  Staff staff;
  if (row->has_value() && !state::Decode(**row, staff)) {
    return absl::DataLossError("a row of the view can't be read");
  }
  return staff;
}

template <typename Request, typename Response>
view::QueryFn AsQuery(absl::StatusOr<Response> (*query)(const view::ViewReader&, const partition::Actor&,
                                                        const Request&)) {
  return [query](const view::ViewReader& view, const partition::Actor& caller,
                 const google::protobuf::Message& request)
             -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
    absl::StatusOr<Response> response = query(view, caller, static_cast<const Request&>(request));
    if (!response.ok()) return response.status();
    return std::make_unique<Response>(*std::move(response));
  };
}

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_QUERY_SUPPORT_H_
