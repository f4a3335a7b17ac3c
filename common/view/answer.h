// What queries of every context do alike: check the county, read a row, answer a request by its type. Any thread.
#ifndef SANYUAN_COMMON_VIEW_ANSWER_H_
#define SANYUAN_COMMON_VIEW_ANSWER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/state/code.h"
#include "common/state/codec.h"
#include "common/view/query.h"
#include "common/view/view_store.h"

namespace sanyuan::view {

inline absl::Status CheckCountyCode(const std::string& code) {
  if (code.size() == 6 && CountyOfId(code)) return absl::OkStatus();
  return absl::InvalidArgumentError("county_code: six digits");
}

// nullopt when there is no such row; DataLoss when it can't be read.
template <typename Message>
absl::StatusOr<std::optional<Message>> ReadMessage(const ViewReader& view, const std::string& key) {
  auto row = view.Get(key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::optional<Message>();
  Message message;
  if (!message.ParseFromString(**row)) return absl::DataLossError("a row of the view can't be read");
  return std::optional<Message>(std::move(message));
}

// The same for a row in the state's own form.
template <typename Row>
absl::StatusOr<std::optional<Row>> ReadRow(const ViewReader& view, const std::string& key) {
  auto bytes = view.Get(key);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::optional<Row>();
  Row row;
  if (!state::Decode(**bytes, row)) return absl::DataLossError("a row of the view can't be read");
  return std::optional<Row>(std::move(row));
}

template <typename Request, typename Response>
QueryFn AsQuery(absl::StatusOr<Response> (*query)(const ViewReader&, const partition::Actor&,
                                                  const Request&)) {
  return [query](const ViewReader& view, const partition::Actor& caller,
                 const google::protobuf::Message& request)
             -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
    absl::StatusOr<Response> response = query(view, caller, static_cast<const Request&>(request));
    if (!response.ok()) return response.status();
    return std::make_unique<Response>(*std::move(response));
  };
}

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_ANSWER_H_
