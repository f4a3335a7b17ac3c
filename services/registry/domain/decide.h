// What the deciders of the registry share: counties, batches, forbidden attempts, and how requests reach them.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_DECIDE_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_DECIDE_H_

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/partition/domain.h"
#include "common/reference/refusals.h"
#include "common/reference/wire_bytes.h"
#include "sanyuan/registry/v1/batch.pb.h"
#include "sanyuan/registry/v1/event.pb.h"

namespace sanyuan::registry {

using partition::Outcome;
using partition::Refusals;
using partition::Stamp;
using reference::CheckRange;
using reference::Refuse;

// Limits of the registry itself: of memory and of records, not of business.
inline constexpr int kMaxBatch = 500;
inline constexpr size_t kMaxOutcomeBytes = 512 * 1024;
inline constexpr size_t kMaxNameLength = 200;
inline constexpr size_t kMaxReasonLength = 200;

inline constexpr int kLastMinute = 24 * 60 - 1;  // Of a day.

// INVALID_FIELD unless the text is a Code (1 to 15 printable characters); empty is let through if `optional`.
void CheckCode(std::string_view text, bool optional, std::string field, Refusals& refusals);
void CheckLength(std::string_view text, size_t max, std::string field, Refusals& refusals);
// "YYYY-MM-DD" or, if `optional`, empty.
void CheckDate(std::string_view text, bool optional, std::string field, Refusals& refusals);
// Both dates, and the second not before the first. The first is needed, the second may be empty.
void CheckPeriod(std::string_view from, std::string_view to, const std::string& path, Refusals& refusals);
// NOT_SEALED for every personal field that holds anything else than a sealed text or a hash.
void CheckSealed(const google::protobuf::Message& message, const std::string& path, Refusals& refusals);

// True when the method's access rule says that an attempt of this role is recorded (R52, R86).
bool IsRecordedAttempt(const Stamp& stamp);
v1::ForbiddenActionAttempted ForbiddenAttempt(const Stamp& stamp, const std::string& county_code,
                                              const std::string& licence);
// The refusal and the record of such an attempt in a county's journal.
Outcome Forbidden(const Stamp& stamp, const std::string& county_code, const std::string& licence);

inline Outcome Refused(Refusals refusals) {
  Outcome outcome;
  outcome.refusals = std::move(refusals);
  return outcome;
}

// Judges the items of a batch one after another. An item that equals what stands already, in the state or
// earlier in the batch, is unchanged without being judged; one that differs from it is refused with
// ALREADY_EXISTS and the paths in which it differs.
//   id_of(item) -> std::string
//   standing(item) -> std::optional<Item>   what is registered under its id
//   judge(item, path, refusals)             everything else that stands against it
//   accept(item)                            adds the event
template <typename Item, typename Items, typename IdOf, typename Standing, typename Judge, typename Accept>
void JudgeBatch(const Items& items, std::string_view name, v1::BatchResult& result, IdOf id_of,
                Standing standing, Judge judge, Accept accept) {
  std::map<std::string, Item> taken;
  int index = 0;
  for (const Item& item : items) {
    const std::string path = fmt::format("{}[{}]", name, index++);
    const std::string id = id_of(item);
    const auto earlier = taken.find(id);
    std::optional<Item> before =
        earlier != taken.end() ? std::optional<Item>(earlier->second) : standing(item);
    Refusals refusals;
    if (before) {
      const std::vector<std::string> changed = reference::ChangedPaths(*before, item);
      if (changed.empty()) {
        result.set_unchanged(result.unchanged() + 1);
        continue;
      }
      Refuse(refusals, common::v1::REASON_ALREADY_EXISTS, path, reference::JoinPaths(changed));
    }
    judge(item, path, refusals);
    if (refusals.empty()) {
      result.set_registered(result.registered() + 1);
      accept(item);
      taken.emplace(id, item);
      continue;
    }
    v1::RefusedItem& refused = *result.add_refused();
    refused.set_index(index - 1);
    refused.set_id(id);
    for (common::v1::Refusal& refusal : refusals) *refused.add_refusals() = std::move(refusal);
  }
}

// BATCH_SIZE unless there are 1 to kMaxBatch items.
void CheckBatchSize(int size, std::string field, Refusals& refusals);
// The outcome, or TOO_LARGE when its events and answer would not fit a decision: the caller sends fewer items.
Outcome Sized(Outcome outcome, const std::string& field);

// From full method name to decider.
template <typename State>
using Deciders =
    std::map<std::string,
             std::function<Outcome(const State&, const google::protobuf::Message&, const Stamp&)>,
             std::less<>>;

template <typename Request, typename State>
void Add(Deciders<State>& deciders, std::string_view service,
         Outcome (*decide)(const State&, const Request&, const Stamp&)) {
  // FooRequest belongs to the RPC Foo.
  constexpr std::string_view kSuffix = "Request";
  std::string name(Request::descriptor()->name());
  name.resize(name.size() - kSuffix.size());
  deciders[fmt::format("/sanyuan.registry.v1.{}/{}", service, name)] =
      [decide](const State& state, const google::protobuf::Message& message, const Stamp& stamp) {
        const auto* request = dynamic_cast<const Request*>(&message);
        if (request == nullptr) {
          Refusals refusals;
          Refuse(refusals, common::v1::REASON_INVALID_FIELD, "", std::string(message.GetTypeName()));
          return Refused(std::move(refusals));
        }
        return decide(state, *request, stamp);
      };
}

template <typename State>
Outcome Dispatch(const Deciders<State>& deciders, const State& state, const partition::Command& command,
                 const Stamp& stamp) {
  const auto decider = deciders.find(command.method);
  if (decider == deciders.end() || command.request == nullptr) {
    Refusals refusals;
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "", command.method);
    return Refused(std::move(refusals));
  }
  return decider->second(state, *command.request, stamp);
}

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_DECIDE_H_
