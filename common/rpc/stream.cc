#include "common/rpc/stream.h"

#include <fmt/format.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/rpc/call_context.h"
#include "common/rpc/errors.h"
#include "common/rpc/server.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kTick = absl::Milliseconds(200);
// A call that has not even sent its request by then is given up.
constexpr absl::Duration kRequestWait = absl::Seconds(30);
constexpr auto kDrain = std::chrono::seconds(1);
constexpr size_t kMostStreams = 10'000;

google::rpc::Status ErrorOf(common::v1::Refusal why) {
  return rpc::ErrorOf(partition::Refusals{std::move(why)});
}

google::rpc::Status Cancelled() {
  google::rpc::Status error;
  error.set_code(static_cast<int>(grpc::StatusCode::CANCELLED));
  error.set_message("cancelled");
  return error;
}

}  // namespace

struct StreamSet::Impl {
  explicit Impl(const StreamServices& given) : services(given) {}

  void Remove(const std::shared_ptr<Stream>& stream) {
    const std::lock_guard lock(mutex);
    streams.erase(stream);
    if (streams.empty()) empty.notify_all();
  }
  std::vector<std::shared_ptr<Stream>> All() {
    const std::lock_guard lock(mutex);
    return {streams.begin(), streams.end()};
  }

  const StreamServices services;
  std::mutex mutex;
  std::condition_variable empty;
  std::set<std::shared_ptr<Stream>> streams;
  bool draining = false;
  std::unique_ptr<host::Ticker> ticker;
};

// One call. Its steps (opening the feed, asking it for a message, ending) run on the executor, one at a time: one is
// posted, runs, or waits for the transport as long as `busy_` is set. Kept alive by the set until gRPC is done with
// it, and by what was posted.
class StreamSet::Stream final : public grpc::ServerGenericBidiReactor,
                                public std::enable_shared_from_this<Stream> {
 public:
  Stream(Impl& set, const Method& method, grpc::GenericCallbackServerContext& context)
      : set_(set), method_(method), context_(context), begun_(absl::Now()), sent_(begun_) {}

  void Begin() {
    if (set_.services.observer != nullptr) set_.services.observer->OnFeedOpened(method_.path);
    StartRead(&request_bytes_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) End(ErrorOf(MakeRefusal(common::v1::REASON_INVALID_FIELD, "", "no request")));
    Post();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) End(Cancelled());
    Post();
  }
  void OnCancel() override { End(Cancelled()); }
  void OnDone() override {
    {
      const std::lock_guard lock(context_mutex_);
      context_gone_ = true;
    }
    set_.Remove(shared_from_this());
  }

  // Ends the call once the transport lets it; of several reasons the first counts.
  void End(google::rpc::Status why) {
    const std::lock_guard lock(mutex_);
    if (!ending_) ending_ = std::move(why);
    StepUnlessBusy();
  }
  void Cancel() {
    const std::lock_guard lock(context_mutex_);
    if (!context_gone_) context_.TryCancel();
  }
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    StepUnlessBusy();
  }
  void Tick(absl::Time now) {
    bool silent = false;
    {
      const std::lock_guard lock(mutex_);
      silent = !requested_ && now - begun_ > kRequestWait;
      if (!silent && now - sent_ < set_.services.heartbeat) return;
      beat_ = true;
      if (!silent) StepUnlessBusy();
    }
    if (silent) Cancel();
  }

 private:
  void StepUnlessBusy() {
    if (!std::exchange(busy_, true)) Post();
  }
  void Post() {
    set_.services.blocking.Post([self = shared_from_this()] { self->Step(); });
  }

  void Step() {
    bool beat = false;
    std::optional<google::rpc::Status> ending;
    {
      const std::lock_guard lock(mutex_);
      requested_ = true;
      woken_ = false;
      beat = std::exchange(beat_, false);
      ending = ending_;
    }
    if (!ending && !feed_) ending = Open();
    if (ending) return FinishWith(*ending);
    host::Feed::Step step = feed_->Next(beat);
    switch (step.kind) {
      case host::Feed::Step::Kind::kMessage:
        return Send(*step.message);
      case host::Feed::Step::Kind::kAgain:
        return Post();
      case host::Feed::Step::Kind::kEnded:
        return FinishWith(ErrorOf(std::move(step.why)));
      case host::Feed::Step::Kind::kIdle: {
        const std::lock_guard lock(mutex_);
        busy_ = woken_ || beat_ || ending_;
        if (busy_) Post();
        return;
      }
    }
  }

  std::optional<google::rpc::Status> Open() {
    const absl::StatusOr<Caller> caller = CallerOf(set_.services.trust_metadata, context_);
    if (!caller.ok()) {
      return ErrorOf(
          MakeRefusal(common::v1::REASON_UNAUTHENTICATED, "", std::string(caller.status().message())));
    }
    const tracing::CallTrace trace = tracing::BeginCall(TraceOf(context_), {});
    std::shared_ptr<Message> request = method_.NewRequest();
    if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&request_bytes_, request.get()).ok()) {
      return ErrorOf(MakeRefusal(common::v1::REASON_INVALID_FIELD, "",
                                 fmt::format("the request is not a {}", request->GetTypeName())));
    }
    if (auto refusal = CheckAccess(method_, *caller, *request)) return ErrorOf(std::move(*refusal));
    feed_ = method_.feed({caller->actor, std::move(request), set_.services.hosts, set_.services.views,
                          [stream = weak_from_this()] {
                            if (const auto self = stream.lock()) self->Wake();
                          },
                          caller->unit, trace});
    return std::nullopt;
  }

  void Send(const Message& message) {
    bool own = false;
    response_bytes_.Clear();
    const grpc::Status serialized =
        grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(message, &response_bytes_, &own);
    if (!serialized.ok()) {
      google::rpc::Status error;
      error.set_code(static_cast<int>(serialized.error_code()));
      return FinishWith(error);
    }
    {
      const std::lock_guard lock(mutex_);
      sent_ = absl::Now();
    }
    StartWrite(&response_bytes_);
  }

  void FinishWith(const google::rpc::Status& error) {
    feed_.reset();
    if (set_.services.observer != nullptr) {
      set_.services.observer->OnFeedEnded(method_.path, error.code(), ReasonOf(error));
    }
    Finish(grpc::Status(static_cast<grpc::StatusCode>(error.code()), error.message(),
                        error.SerializeAsString()));
  }

  Impl& set_;
  const Method& method_;
  grpc::GenericCallbackServerContext& context_;
  const absl::Time begun_;
  grpc::ByteBuffer request_bytes_;
  grpc::ByteBuffer response_bytes_;
  std::unique_ptr<host::Feed> feed_;  // Used in steps only.

  // Recursive: to cancel may call OnDone from inside.
  std::recursive_mutex context_mutex_;
  bool context_gone_ = false;

  std::mutex mutex_;
  bool busy_ = true;  // At first until the request has arrived; after Finish for good.
  bool requested_ = false;
  bool woken_ = false;
  bool beat_ = false;
  absl::Time sent_;
  std::optional<google::rpc::Status> ending_;
};

StreamSet::StreamSet(const StreamServices& services) : impl_(std::make_unique<Impl>(services)) {
  impl_->ticker = services.blocking.Every(kTick, [impl = impl_.get()] {
    for (const auto& stream : impl->All()) stream->Tick(absl::Now());
  });
}

StreamSet::~StreamSet() = default;

grpc::ServerGenericBidiReactor* StreamSet::Start(const Method& method,
                                                 grpc::GenericCallbackServerContext& context) {
  const auto stream = std::make_shared<Stream>(*impl_, method, context);
  bool draining = false, full = false;
  {
    const std::lock_guard lock(impl_->mutex);
    draining = impl_->draining;
    full = impl_->streams.size() >= kMostStreams;
    impl_->streams.insert(stream);
  }
  stream->Begin();
  if (full) stream->End(ErrorOf(MakeRefusal(common::v1::REASON_OVERLOADED)));
  if (draining) stream->End(ErrorOf(MakeRefusal(common::v1::REASON_NOT_READY, "", "the server stops")));
  return stream.get();
}

void StreamSet::Drain() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->draining = true;
  }
  impl_->ticker.reset();
  for (const auto& stream : impl_->All()) {
    stream->End(ErrorOf(MakeRefusal(common::v1::REASON_NOT_READY, "", "the server stops")));
  }
  const auto gone = [this] { return impl_->streams.empty(); };
  {
    std::unique_lock lock(impl_->mutex);
    if (impl_->empty.wait_for(lock, kDrain, gone)) return;
  }
  for (const auto& stream : impl_->All()) stream->Cancel();
  std::unique_lock lock(impl_->mutex);
  impl_->empty.wait(lock, gone);
}

}  // namespace sanyuan::rpc
