#include "services/sanyuanctl/clue_watch.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "absl/time/clock.h"
#include "common/auth/identity.h"
#include "services/sanyuanctl/client/trace.h"

namespace sanyuan::ctl {
namespace {

namespace tmi = three_member_interaction::v1;

constexpr absl::Duration kFirstRetry = absl::Milliseconds(50);
constexpr absl::Duration kLastRetry = absl::Seconds(1);

// One that tries again soon, and notices when the other side is gone without a word.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(kFirstRetry)));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(kFirstRetry)));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(kLastRetry)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

bool MayComeBack(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:  // A feed has no end of its own.
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return true;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
      // What a connection that broke in the middle of a message looks like; the server itself says why.
      return status.error_details().empty();
    default:
      return false;
  }
}

}  // namespace

ClueWatch::ClueWatch(const std::string& server, Watcher watcher, tmi::WatchCluesRequest request)
    : stub_(tmi::ClueFeedService::NewStub(NewChannel(server))),
      watcher_(std::move(watcher)),
      request_(std::move(request)) {}

void ClueWatch::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

grpc::Status ClueWatch::Follow(absl::Time deadline, const Handlers& handlers, bool& received, bool& done) {
  grpc::ClientContext context;
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
  context.AddMetadata(std::string(auth::kActorKey), watcher_.id);
  context.AddMetadata(std::string(auth::kRoleKey), watcher_.role);
  if (!watcher_.unit.empty()) context.AddMetadata(std::string(auth::kUnitKey), watcher_.unit);
  AddTraceOfEnvironment(context);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return grpc::Status::CANCELLED;
    context_ = &context;
  }
  const auto reader = stub_->WatchClues(&context, request_);
  tmi::WatchCluesResponse response;
  grpc::Status handled;
  while (!done && reader->Read(&response)) {
    received = true;
    if (response.has_event()) done = !handlers.event(response.event());
    Handled(response, request_);
    if (handlers.token == nullptr) continue;
    if (const absl::Status kept = handlers.token(response.resume_token()); !kept.ok()) {
      handled = grpc::Status(grpc::StatusCode::INTERNAL, std::string(kept.message()));
      done = true;
    }
  }
  if (done) context.TryCancel();
  const grpc::Status status = reader->Finish();
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  return done ? handled : status;
}

grpc::Status ClueWatch::Run(absl::Time deadline, const Handlers& handlers) {
  absl::Duration pause = kFirstRetry;
  while (true) {
    bool received = false;
    bool done = false;
    grpc::Status status = Follow(deadline, handlers, received, done);
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return grpc::Status::OK;
    }
    if (done || !MayComeBack(status)) return status;
    const bool late = absl::Now() >= deadline;
    if (late && received) return grpc::Status::OK;
    if (late || absl::Now() + pause >= deadline) {
      return {grpc::StatusCode::UNAVAILABLE, status.error_message(), status.error_details()};
    }
    pause = received ? kFirstRetry : std::min(pause * 2, kLastRetry);
    absl::SleepFor(pause);
  }
}

}  // namespace sanyuan::ctl
