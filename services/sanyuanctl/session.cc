#include "services/sanyuanctl/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "absl/time/clock.h"
#include "common/auth/identity.h"
#include "google/rpc/status.pb.h"
#include "services/sanyuanctl/client/trace.h"

namespace sanyuan::ctl {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLastPause = absl::Seconds(1);

int ExitCodeOf(int code) {
  switch (static_cast<grpc::StatusCode>(code)) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return kUnavailable;
    default:
      return kRefused;
  }
}

}  // namespace

Session::Session(const Globals& globals)
    : globals_(globals), channel_(grpc::CreateChannel(globals.server, grpc::InsecureChannelCredentials())) {}

grpc::Status Session::Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) const {
  const absl::Time deadline = absl::Now() + absl::Seconds(globals_.deadline_seconds);
  absl::Duration pause = kFirstPause;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    context.set_wait_for_ready(true);
    context.AddMetadata(std::string(auth::kActorKey), globals_.actor);
    context.AddMetadata(std::string(auth::kRoleKey), globals_.role);
    if (!globals_.unit.empty()) context.AddMetadata(std::string(auth::kUnitKey), globals_.unit);
    AddTraceOfEnvironment(context);
    grpc::Status status = call(context);
    const bool again = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                       status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    if (!again || absl::Now() + pause >= deadline) return status;
    absl::SleepFor(pause);
    pause = std::min(pause * 2, kLastPause);
  }
}

int Session::Fail(const grpc::Status& status) const {
  google::rpc::Status details;
  std::string reason;
  if (details.ParseFromString(status.error_details())) {
    google::rpc::ErrorInfo info;
    for (const auto& detail : details.details()) {
      if (detail.UnpackTo(&info)) reason = info.reason();
    }
  }
  if (globals_.json) {
    fmt::print("{}\n", nlohmann::json({{"error",
                                        {{"code", static_cast<int>(status.error_code())},
                                         {"reason", reason},
                                         {"message", status.error_message()}}}})
                           .dump());
  } else {
    fmt::print(stderr, "sanyuanctl: {}{}{}\n", reason, reason.empty() ? "" : ": ", status.error_message());
  }
  return ExitCode(status);
}

int Session::ExitCode(const grpc::Status& status) {
  return ExitCodeOf(static_cast<int>(status.error_code()));
}

int Session::Fail(const absl::Status& status) const {
  return Fail(grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message())));
}

void Session::Print(const nlohmann::json& object, const std::string& text) const {
  if (globals_.json) {
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print("{}", text);
  }
  std::fflush(stdout);
}

}  // namespace sanyuan::ctl
