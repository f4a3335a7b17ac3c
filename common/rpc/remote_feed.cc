#include "common/rpc/remote_feed.h"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <memory>
#include <mutex>
#include <utility>

#include "common/rpc/call_context.h"
#include "common/rpc/errors.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::Message;

common::v1::Refusal WhyOf(const grpc::Status& status) {
  google::rpc::Status error;
  common::v1::RefusalDetails all;
  if (error.ParseFromString(status.error_details())) {
    for (const auto& detail : error.details()) {
      if (detail.UnpackTo(&all) && all.refusals_size() > 0) return all.refusals(0);
    }
  }
  return MakeRefusal(common::v1::REASON_ELSEWHERE, "", status.error_message());
}

// The call to the other process. Kept alive by gRPC until it is done with it, and by the feed.
class Reading final : public grpc::ClientBidiReactor<Message, Message> {
 public:
  Reading(const std::string& path, std::shared_ptr<grpc::Channel> channel, host::FeedCall call,
          std::unique_ptr<Message> message)
      : call_(std::move(call)), stub_(std::move(channel)), message_(std::move(message)) {
    AddIdentity(context_, call_.actor, call_.unit);
    AddTrace(context_, call_.trace);
    stub_.PrepareBidiStreamingCall(&context_, path, grpc::StubOptions(), this);
  }

  void Begin(std::shared_ptr<Reading> self) {
    self_ = std::move(self);
    StartWriteLast(call_.request.get(), grpc::WriteOptions());
    StartRead(message_.get());
    StartCall();
  }

  host::Feed::Step Next() {
    host::Feed::Step step;
    const std::lock_guard lock(mutex_);
    if (arrived_) {
      step.kind = host::Feed::Step::Kind::kMessage;
      step.message.reset(message_->New());
      step.message.swap(message_);
      arrived_ = false;
      StartRead(message_.get());
    } else if (ended_) {
      step.kind = host::Feed::Step::Kind::kEnded;
      step.why = WhyOf(*ended_);
    }
    return step;
  }

  void Cancel() {
    {
      const std::lock_guard lock(mutex_);
      dropped_ = true;
    }
    context_.TryCancel();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone tells why.
    const std::lock_guard lock(mutex_);
    arrived_ = true;
    if (!dropped_) call_.wake();
  }
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Reading> self = std::move(self_);
    const std::lock_guard lock(mutex_);
    ended_ = status;
    if (!dropped_) call_.wake();
  }

  const host::FeedCall call_;
  grpc::TemplatedGenericStub<Message, Message> stub_;
  grpc::ClientContext context_;
  std::shared_ptr<Reading> self_;  // While gRPC uses it.

  std::mutex mutex_;
  std::unique_ptr<Message> message_;
  bool arrived_ = false;
  bool dropped_ = false;
  std::optional<grpc::Status> ended_;
};

class Remote final : public host::Feed {
 public:
  explicit Remote(std::shared_ptr<Reading> reading) : reading_(std::move(reading)) {}
  ~Remote() override { reading_->Cancel(); }
  // The other process says itself when nothing happens.
  Step Next(bool /*heartbeat*/) override { return reading_->Next(); }

 private:
  const std::shared_ptr<Reading> reading_;
};

class Nowhere final : public host::Feed {
 public:
  Step Next(bool /*heartbeat*/) override {
    Step step;
    step.kind = Step::Kind::kEnded;
    step.why = MakeRefusal(common::v1::REASON_ELSEWHERE);
    return step;
  }
};

}  // namespace

host::OpenFeed RemoteFeed(const google::protobuf::MethodDescriptor& method,
                          std::function<std::optional<std::string>()> address) {
  const std::string path = fmt::format("/{}/{}", method.service()->full_name(), method.name());
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.output_type());
  return [path, prototype, address = std::move(address)](host::FeedCall call) -> std::unique_ptr<host::Feed> {
    const auto where = address();
    if (!where) return std::make_unique<Nowhere>();
    auto reading =
        std::make_shared<Reading>(path, grpc::CreateChannel(*where, grpc::InsecureChannelCredentials()),
                                  std::move(call), std::unique_ptr<Message>(prototype->New()));
    reading->Begin(reading);
    return std::make_unique<Remote>(std::move(reading));
  };
}

}  // namespace sanyuan::rpc
