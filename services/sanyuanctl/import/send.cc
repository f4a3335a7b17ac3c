#include "services/sanyuanctl/import/send.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/reference/wire_bytes.h"
#include "common/reference/wire_time.h"
#include "common/rpc/reasons.h"
#include "common/sealed/marks.h"
#include "google/rpc/status.pb.h"
#include "sanyuan/common/v1/reason.pb.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "sanyuan/registry/v1/reference.grpc.pb.h"
#include "services/registry/personal_view.h"
#include "services/sanyuanctl/client/request_id.h"

namespace sanyuan::ctl::import {
namespace {

namespace v1 = registry::v1;
using common::v1::Refusal;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using Batch = std::vector<const Item*>;

constexpr absl::Duration kPause = absl::Milliseconds(50);

std::vector<Refusal> RefusalsOf(const grpc::Status& status) {
  google::rpc::Status details;
  common::v1::RefusalDetails all;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      if (detail.UnpackTo(&all)) return {all.refusals().begin(), all.refusals().end()};
    }
  }
  return {};
}

bool Has(const std::vector<Refusal>& refusals, common::v1::Reason reason) {
  return std::any_of(refusals.begin(), refusals.end(),
                     [&](const Refusal& refusal) { return refusal.reason() == reason; });
}

// "retailers[3].profile.route_id" -> 3 and "profile.route_id"; -1 when it is not about an item.
std::pair<int, std::string> ItemAndPath(const std::string& field) {
  const size_t open = field.find('[');
  const size_t close = field.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open || field.find('.') < open) {
    return {-1, field};
  }
  std::string rest = field.substr(close + 1);
  if (!rest.empty() && rest.front() == '.') rest.erase(0, 1);
  return {std::atoi(field.c_str() + open + 1), rest};
}

std::string DetailOf(const Refusal& refusal) {
  std::string detail = refusal.detail();
  const auto add = [&detail](const std::string& more) { detail += (detail.empty() ? "" : ", ") + more; };
  if (refusal.has_limit()) add(fmt::format("limit {}", refusal.limit()));
  if (refusal.has_value()) add(fmt::format("value {}", refusal.value()));
  return detail;
}

// Whether both say the same in the field at the path, hashes apart, which only the server makes. False for a hash that
// stands for itself (a PIN): what is behind it is shown to nobody.
bool SameAt(const Message& standing, const Message& sent, absl::string_view path) {
  const Message* a = &standing;
  const Message* b = &sent;
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    const FieldDescriptor* field = a->GetDescriptor()->FindFieldByName(parts[i]);
    if (field == nullptr) return false;
    const bool last = i + 1 == parts.size();
    if (!last && (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()))
      return false;
    if (!last) {
      a = &a->GetReflection()->GetMessage(*a, field);
      b = &b->GetReflection()->GetMessage(*b, field);
      continue;
    }
    const common::v1::Personal* personal = sealed::PersonalOf(*field);
    if (personal != nullptr && personal->hash() && personal->hash_of().empty()) return false;
    const auto alone = [&](const Message& message) {
      std::unique_ptr<Message> copy(message.New());
      copy->CopyFrom(message);
      std::vector<const FieldDescriptor*> set;
      copy->GetReflection()->ListFields(*copy, &set);
      for (const FieldDescriptor* other : set) {
        if (other != field) copy->GetReflection()->ClearField(copy.get(), other);
      }
      registry::HidePersonal(*copy, true);
      return reference::CanonicalBytes(*copy);
    };
    return alone(*a) == alone(*b);
  }
  return false;
}

class Sender {
 public:
  Sender(const Session& session, const Kind& kind, Report& report)
      : session_(session), kind_(kind), report_(report) {
    std::random_device device;
    for (char& byte : salt_) byte = static_cast<char>(device());
  }

  grpc::Status AskClock() {
    operations::v1::GetClockResponse response;
    grpc::Status status = session_.Call([&](grpc::ClientContext& context) {
      return operations::v1::OperationsService::NewStub(session_.channel())
          ->GetClock(&context, operations::v1::GetClockRequest(), &response);
    });
    if (status.ok()) now_ = reference::FromWireTime(response.now());
    return status;
  }

  // Not ok: nothing of what comes after it would fare better.
  grpc::Status Send(const std::string& county, const Batch& batch) {
    const absl::Time until = absl::Now() + absl::Seconds(session_.globals().deadline_seconds);
    while (true) {
      v1::BatchResult result;
      grpc::Status status = SendOnce(county, batch, result);
      if (status.ok()) {
        Take(batch, result);
        return status;
      }
      const std::vector<Refusal> refusals = RefusalsOf(status);
      const bool waits =
          Has(refusals, common::v1::REASON_COUNTY_UNKNOWN) && IsRegistered(county) && absl::Now() < until;
      if (waits) {
        // The county's own journal has not read of it yet.
        absl::SleepFor(kPause);
        continue;
      }
      if (Has(refusals, common::v1::REASON_TOO_LARGE) && batch.size() > 1) {
        const auto middle = batch.begin() + static_cast<Batch::difference_type>(batch.size() / 2);
        if (grpc::Status first = Send(county, Batch(batch.begin(), middle)); !first.ok()) return first;
        return Send(county, Batch(middle, batch.end()));
      }
      if (Stops(status, refusals)) return status;
      RefuseAll(batch, refusals);
      return grpc::Status::OK;
    }
  }

 private:
  grpc::Status SendOnce(const std::string& county, const Batch& batch, v1::BatchResult& result) {
    Kind::Items items;
    for (const Item* item : batch) items.push_back(item->message.get());
    common::v1::CommandHeader header;
    // Tells repeats of one call from another run: a later run must be judged anew.
    header.set_request_id(RequestId(
        now_, Sha256(fmt::format("{} {}", std::string_view(salt_.data(), salt_.size()), ++calls_))));
    return kind_.send(session_, header, county, items, result);
  }

  bool IsRegistered(const std::string& county) const {
    v1::ListCountiesRequest request;
    request.set_prefix(county);
    v1::ListCountiesResponse response;
    const grpc::Status status = session_.Call([&](grpc::ClientContext& context) {
      return v1::ReferenceService::NewStub(session_.channel())->ListCounties(&context, request, &response);
    });
    return status.ok() && response.counties_size() == 1;
  }

  // Everything but a refusal of these rows.
  static bool Stops(const grpc::Status& status, const std::vector<Refusal>& refusals) {
    switch (status.error_code()) {
      case grpc::StatusCode::UNAVAILABLE:
      case grpc::StatusCode::RESOURCE_EXHAUSTED:
      case grpc::StatusCode::DEADLINE_EXCEEDED:
      case grpc::StatusCode::UNAUTHENTICATED:
        return true;
      default:
        return refusals.empty() || Has(refusals, common::v1::REASON_ROLE_NOT_ALLOWED);
    }
  }

  void Refuse(const Item& item, const Refusal& refusal, const std::string& path) {
    for (const RowPlace& row : item.rows) {
      report_.Refuse(
          {row, ColumnOfPath(kind_.columns, path), rpc::ReasonName(refusal.reason()), DetailOf(refusal)});
    }
  }

  void RefuseAll(const Batch& batch, const std::vector<Refusal>& refusals) {
    for (const Refusal& refusal : refusals) {
      const auto [index, path] = ItemAndPath(refusal.field());
      for (const Item* item : batch) Refuse(*item, refusal, index < 0 ? refusal.field() : path);
    }
  }

  void Take(const Batch& batch, const v1::BatchResult& result) {
    // Things of several rows go one by one, so their rows are counted all alike.
    const auto rows = static_cast<int64_t>(batch.size() == 1 ? batch.front()->rows.size() : 1);
    report_.Count(result.registered() * rows, result.unchanged() * rows);
    for (const v1::RefusedItem& refused : result.refused()) {
      if (refused.index() < 0 || static_cast<size_t>(refused.index()) >= batch.size()) continue;
      const Item& item = *batch[static_cast<size_t>(refused.index())];
      if (Stands(item, refused)) {
        report_.Count(0, rows);
        continue;
      }
      for (const Refusal& refusal : refused.refusals()) {
        Refuse(item, refusal, ItemAndPath(refusal.field()).second);
      }
    }
  }

  // Refused only because texts that are sealed anew look different each time.
  bool Stands(const Item& item, const v1::RefusedItem& refused) const {
    if (kind_.standing == nullptr || refused.refusals_size() != 1) return false;
    const Refusal& refusal = refused.refusals(0);
    if (refusal.reason() != common::v1::REASON_ALREADY_EXISTS) return false;
    const std::unique_ptr<Message> standing = kind_.standing(session_, item.county, *item.message);
    if (standing == nullptr) return false;
    const std::vector<std::string> paths = absl::StrSplit(refusal.detail(), ", ");
    return std::all_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return SameAt(*standing, *item.message, path); });
  }

  const Session& session_;
  const Kind& kind_;
  Report& report_;
  std::array<char, 16> salt_{};
  uint64_t calls_ = 0;
  absl::Time now_;
};

}  // namespace

grpc::Status SendAll(const Session& session, const Kind& kind, const std::vector<Item>& items, Report& report,
                     const std::function<void(size_t)>& progress) {
  if (items.empty()) return grpc::Status::OK;
  Sender sender(session, kind, report);
  if (grpc::Status clock = sender.AskClock(); !clock.ok()) return clock;
  // Rows of a county keep their order: what comes later may name what comes before.
  std::map<std::string, Batch> waiting;
  size_t done = 0;
  const auto flush = [&](const std::string& county, Batch& batch) {
    grpc::Status status = sender.Send(county, batch);
    done += batch.size();
    batch.clear();
    progress(done);
    return status;
  };
  for (const Item& item : items) {
    Batch& batch = waiting[item.county];
    batch.push_back(&item);
    if (batch.size() < kind.batch) continue;
    if (grpc::Status sent = flush(item.county, batch); !sent.ok()) return sent;
  }
  for (auto& [county, batch] : waiting) {
    if (batch.empty()) continue;
    if (grpc::Status sent = flush(county, batch); !sent.ok()) return sent;
  }
  return grpc::Status::OK;
}

}  // namespace sanyuan::ctl::import
