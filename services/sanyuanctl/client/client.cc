#include "services/sanyuanctl/client/client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "common/digest/digest.h"
#include "google/rpc/status.pb.h"
#include "sanyuan/common/v1/position.pb.h"
#include "services/sanyuanctl/client/request_id.h"

namespace sanyuan::ctl {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kPause = absl::Milliseconds(50);

bool Is(int code, absl::StatusCode expected) { return code == static_cast<int>(expected); }

const google::protobuf::MethodDescriptor& MethodOf(const Message& request) {
  const auto* file = request.GetDescriptor()->file();
  for (int i = 0; i < file->service_count(); ++i) {
    for (int j = 0; j < file->service(i)->method_count(); ++j) {
      const auto* method = file->service(i)->method(j);
      if (method->input_type() == request.GetDescriptor()) return *method;
    }
  }
  throw Unexpected(fmt::format("no method takes {}", request.GetDescriptor()->full_name()));
}

Verdict VerdictOf(const google::rpc::Status& status) {
  Verdict verdict{status.code(), {}, status.message()};
  google::rpc::ErrorInfo info;
  for (const auto& detail : status.details()) {
    if (detail.UnpackTo(&info) && !verdict.Has(info.reason())) verdict.reasons.push_back(info.reason());
  }
  return verdict;
}

// Whose calls are decided and projected by one partition.
std::string PartitionOf(const google::protobuf::MethodDescriptor& method, const Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("county_code");
  std::string county;
  if (field != nullptr && field->type() == google::protobuf::FieldDescriptor::TYPE_STRING &&
      !field->is_repeated()) {
    county = request.GetReflection()->GetString(request, field);
  }
  return fmt::format("{} {}", method.service()->full_name(), county);
}

}  // namespace

bool Verdict::Has(const std::string& reason) const {
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

Client::Client(std::unique_ptr<Transport> transport, absl::Duration patience, uint64_t seed, int concurrency)
    : seed_(seed), concurrency_(concurrency), patience_(patience), transport_(std::move(transport)) {}

Verdict Client::Try(const Caller& caller, const std::string& name, const Message& request,
                    Message* response) {
  const google::protobuf::MethodDescriptor& method = MethodOf(request);
  const std::string path = fmt::format("/{}/{}", method.service()->full_name(), method.name());
  const std::unique_ptr<Message> sent(request.New());
  sent->CopyFrom(request);
  if (const auto* field = sent->GetDescriptor()->FindFieldByName("header"); field != nullptr) {
    const Digest digest = Sha256(fmt::format("{} {} {} {}", seed_, caller.id, path, name));
    auto* header = sent->GetReflection()->MutableMessage(sent.get(), field);
    header->GetReflection()->SetString(header, header->GetDescriptor()->FindFieldByName("request_id"),
                                       RequestId(now_, digest));
  }
  const std::string partition = PartitionOf(method, *sent);
  PresentPosition(partition, *sent);
  const absl::Time deadline = absl::Now() + patience_;
  while (true) {
    const google::rpc::Status status = transport_->Call(caller, method, *sent, deadline, *response);
    const bool again = Is(status.code(), absl::StatusCode::kUnavailable) ||
                       Is(status.code(), absl::StatusCode::kResourceExhausted);
    if (again && absl::Now() + kPause < deadline) {
      absl::SleepFor(kPause);
      continue;
    }
    if (status.code() == 0) Note(partition, *response);
    return VerdictOf(status);
  }
}

void Client::Check(const Caller& caller, const Verdict& verdict, const Message& request) {
  if (verdict.ok()) return;
  const std::string text = fmt::format("{} by {} {}: {} ({})", request.GetDescriptor()->name(), caller.role,
                                       caller.id, verdict.message, fmt::join(verdict.reasons, ", "));
  if (Is(verdict.code, absl::StatusCode::kUnavailable) ||
      Is(verdict.code, absl::StatusCode::kDeadlineExceeded) ||
      Is(verdict.code, absl::StatusCode::kResourceExhausted)) {
    throw Unavailable(text);
  }
  throw Unexpected(text);
}

void Client::PresentPosition(const std::string& partition, Message& query) const {
  const auto* field = query.GetDescriptor()->FindFieldByName("after");
  if (field == nullptr || !field->is_repeated() ||
      field->message_type() != common::v1::Position::descriptor()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto known = latest_.find(partition);
  if (known == latest_.end()) return;
  common::v1::Position position;
  position.set_journal_id(known->second);
  position.set_height(heights_.at(known->second));
  query.GetReflection()->AddMessage(&query, field)->CopyFrom(position);
}

void Client::Note(const std::string& partition, const Message& response) {
  const auto* field = response.GetDescriptor()->FindFieldByName("position");
  if (field == nullptr || field->message_type() != common::v1::Position::descriptor()) return;
  const auto& position =
      dynamic_cast<const common::v1::Position&>(response.GetReflection()->GetMessage(response, field));
  const std::lock_guard lock(mutex_);
  ++acknowledged_;
  uint64_t& height = heights_[position.journal_id()];
  height = std::max(height, position.height());
  latest_[partition] = position.journal_id();
  positions_[response.GetDescriptor()->file()].emplace(position.journal_id(), position.height());
}

void Client::Each(size_t count, const std::function<void(size_t)>& work) const {
  std::atomic<size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(concurrency_));
  for (int i = 0; i < concurrency_; ++i) threads.emplace_back(run);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

int64_t Client::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::set<std::pair<std::string, uint64_t>> Client::positions(
    const google::protobuf::FileDescriptor& file) const {
  const std::lock_guard lock(mutex_);
  const auto it = positions_.find(&file);
  return it == positions_.end() ? std::set<std::pair<std::string, uint64_t>>() : it->second;
}

std::map<std::string, uint64_t> Client::heights() const {
  const std::lock_guard lock(mutex_);
  return heights_;
}

}  // namespace sanyuan::ctl
