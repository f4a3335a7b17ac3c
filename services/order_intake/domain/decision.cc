#include "services/order_intake/domain/decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace sanyuan::order_intake {
namespace {

constexpr absl::Duration kAheadAllowed = absl::Seconds(2);
// Ids in records of attempts come from requests that nothing else checks: what can't be an id is left out.
std::string Recorded(const std::string& text) {
  constexpr size_t kLongest = 64;
  const bool is_id = text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
                       return absl::ascii_isgraph(static_cast<unsigned char>(c));
                     });
  return is_id ? text : std::string();
}

}  // namespace

void Refuse(Refusals& refusals, Reason reason, std::string field, std::string detail) {
  common::v1::Refusal& refusal = refusals.emplace_back();
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_detail(std::move(detail));
}

void RefuseOver(Refusals& refusals, Reason reason, std::string field, int64_t limit, int64_t value) {
  common::v1::Refusal& refusal = refusals.emplace_back();
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_limit(limit);
  refusal.set_value(value);
}

std::string LineField(int index, const char* name) { return fmt::format("lines[{}].{}", index, name); }

absl::Time CountedAt(const Stamp& stamp, absl::Duration grace) {
  if (stamp.received_at < stamp.decided_at - grace || stamp.received_at > stamp.decided_at + kAheadAllowed) {
    return stamp.decided_at;
  }
  return stamp.received_at;
}

absl::Status Unfoldable(const char* event, const std::string& why) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", event, why));
}

bool RefuseStaff(const State& state, County county, const Stamp& stamp, const std::string& device_id,
                 const std::string& licence, const std::string& order_id, Outcome& outcome) {
  const bool by_role = stamp.actor.role != common::v1::ROLE_RETAILER;
  const bool by_device = !device_id.empty() && state.device_holders.Contains({county, device_id});
  if (!by_role && !by_device) return false;
  Refuse(outcome.refusals, common::v1::REASON_STAFF_ACTOR, by_role ? "" : "device_id");
  auto [event, attempt] = NewEvent(&v1::Event::mutable_forbidden_action_attempted);
  attempt->set_county_code(CountyText(county));
  attempt->set_attempt_id(partition::DeriveId(county, stamp));
  attempt->set_actor_id(Recorded(stamp.actor.id));
  attempt->set_actor_role(stamp.actor.role);
  attempt->set_method(stamp.method);
  attempt->set_licence(Recorded(licence));
  attempt->set_order_id(Recorded(order_id));
  if (by_device) attempt->set_device_id(Recorded(device_id));
  outcome.events.push_back(std::move(event));
  return true;
}

absl::Status EvolveForbiddenAttempt(State& state, const v1::ForbiddenActionAttempted& event,
                                    const Stamp& stamp) {
  const auto county = ParseCounty(event.county_code());
  if (!county) return Unfoldable("ForbiddenActionAttempted", "no county");
  Attempt& attempt = state.attempts.Mutate({*county, event.attempt_id()});
  attempt.actor = event.actor_id();
  attempt.role = event.actor_role();
  attempt.method = event.method();
  attempt.licence = event.licence();
  attempt.device = event.device_id();
  attempt.at = stamp.received_at;
  return absl::OkStatus();
}

}  // namespace sanyuan::order_intake
