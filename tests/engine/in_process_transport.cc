#include "tests/engine/in_process_transport.h"

#include <fmt/format.h>

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/auth/identity.h"
#include "common/rpc/dispatch.h"

namespace sanyuan {

using google::protobuf::Message;

google::rpc::Status InProcessTransport::Call(const ctl::Caller& caller,
                                             const google::protobuf::MethodDescriptor& method,
                                             const Message& request, absl::Time deadline, Message& response) {
  const rpc::Method* found =
      deployment_.methods().Find(fmt::format("/{}/{}", method.service()->full_name(), method.name()));
  const std::map<std::string_view, std::string> metadata = {
      {auth::kActorKey, caller.id}, {auth::kRoleKey, caller.role}, {auth::kUnitKey, caller.unit}};
  const auto identity =
      auth::IdentityOf(true, [&metadata](std::string_view key) -> std::optional<std::string> {
        const auto value = metadata.find(key);
        return value == metadata.end() ? std::nullopt : std::optional<std::string>(value->second);
      });
  google::rpc::Status error;
  if (found == nullptr || !identity.ok()) {
    error.set_code(static_cast<int>(absl::StatusCode::kInternal));
    error.set_message(found == nullptr ? "no such method" : std::string(identity.status().message()));
    return error;
  }
  std::unique_ptr<Message> taken = found->NewRequest();
  taken->CopyFrom(request);
  using Answer = std::pair<std::unique_ptr<Message>, google::rpc::Status>;
  const auto done =
      std::make_shared<std::promise<Answer>>();  // The answer may come when nobody waits any more.
  rpc::Dispatch(deployment_.services(), *found, rpc::Caller{identity->actor, identity->unit},
                std::move(taken), deadline,
                [done](std::unique_ptr<Message> answer, const google::rpc::Status& status) {
                  done->set_value({std::move(answer), status});
                });
  std::future<Answer> answered = done->get_future();
  if (answered.wait_until(absl::ToChronoTime(deadline)) != std::future_status::ready) {
    error.set_code(static_cast<int>(absl::StatusCode::kDeadlineExceeded));
    return error;
  }
  auto [answer, status] = answered.get();
  if (answer == nullptr) return status;
  response.CopyFrom(*answer);
  return error;
}

}  // namespace sanyuan
