#include "services/registry/domain/supervision.h"

#include "common/clock/business_time.h"
#include "services/registry/domain/retailer.h"

namespace sanyuan::registry {
namespace {

constexpr int32_t kDaysOfWeek = 7;

int32_t CycleDays(const State& state, County county, const v1::Retailer& retailer) {
  const std::optional<LocalKey> key = KeyOf(county, retailer.profile().route_id());
  const RouteRow* route = key ? state.routes.Find(*key) : nullptr;
  return kDaysOfWeek * (route != nullptr ? route->cycle_weeks : 1);
}

void CheckEntry(const State& state, County county, const v1::Retailer& retailer, const v1::CannotOrder& entry,
                const Stamp& stamp, Refusals& refusals) {
  CheckCannotOrder(entry, "cannot_order", refusals);
  const std::optional<Date> until = ParseDate(entry.until());
  if (!until) return;
  const auto days = static_cast<int32_t>(*until - BusinessDate(stamp.decided_at));
  if (days < 0) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "cannot_order.until", "over");
  const v1::OrderingPolicy* ordering = state.policies.Ordering(county, stamp.decided_at);
  if (ordering == nullptr) {
    Refuse(refusals, common::v1::REASON_POLICY_UNKNOWN, "cannot_order", "no ordering policy is in force");
    return;
  }
  const int32_t most = ordering->sheet_max_cycles() * CycleDays(state, county, retailer);
  if (days > most) {
    common::v1::Refusal& refusal =
        Refuse(refusals, common::v1::REASON_EXCEPTION_TOO_LONG, "cannot_order.until", "days");
    refusal.set_limit(most);
    refusal.set_value(days);
  }
}

}  // namespace

Outcome DecideAssignSupervision(const State& state, const v1::AssignSupervisionRequest& request,
                                const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.retailers_size(), "retailers", outcome.refusals);
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::AssignSupervisionResponse>();
  ChangeEach(state, *county, request.retailers(), *response->mutable_result(), outcome,
             [](const v1::SupervisedRetailer& item, const std::string& path, v1::Retailer& retailer,
                Refusals& refusals) {
               v1::Supervision& supervision = *retailer.mutable_supervision();
               supervision.set_mode(item.mode());
               supervision.set_large(item.large());
               supervision.set_reason(item.reason());
               CheckSupervision(supervision, path, refusals);
               if (item.mode() == v1::SUPERVISION_MODE_UNSPECIFIED) {
                 Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".mode");
               }
             });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "retailers");
}

Outcome DecideMarkCannotOrder(const State& state, const v1::MarkCannotOrderRequest& request,
                              const Stamp& stamp) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (!county) return outcome;
  const std::optional<v1::Retailer> before = StandingRetailer(state, *county, request.licence());
  if (!before) {
    Refuse(outcome.refusals, common::v1::REASON_LICENCE_UNKNOWN, "licence", request.licence());
    return outcome;
  }
  if (request.has_cannot_order()) {
    CheckEntry(state, *county, *before, request.cannot_order(), stamp, outcome.refusals);
  }
  if (outcome.refused()) return outcome;
  v1::Retailer after = *before;
  after.clear_cannot_order();
  if (request.has_cannot_order()) *after.mutable_cannot_order() = request.cannot_order();
  if (std::unique_ptr<v1::Event> event = RetailerChange(*before, after))
    outcome.events.push_back(std::move(event));
  outcome.response = std::make_unique<v1::MarkCannotOrderResponse>();
  return outcome;
}

}  // namespace sanyuan::registry
