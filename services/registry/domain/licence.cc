#include "services/registry/domain/licence.h"

#include "services/registry/domain/retailer.h"

namespace sanyuan::registry {

Outcome DecideChangeLicence(const State& state, const v1::ChangeLicenceRequest& request, const Stamp& stamp) {
  Outcome outcome;
  if (IsRecordedAttempt(stamp)) return Forbidden(stamp, request.county_code(), request.licence());
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (!county) return outcome;
  CheckLicenceRecord(request.licence_record(), "licence_record", outcome.refusals);
  CheckLength(request.reason(), kMaxReasonLength, "reason", outcome.refusals);
  const std::optional<v1::Retailer> before = StandingRetailer(state, *county, request.licence());
  if (!before) {
    Refuse(outcome.refusals, common::v1::REASON_LICENCE_UNKNOWN, "licence", request.licence());
    return outcome;
  }
  if (before->forgotten()) Refuse(outcome.refusals, common::v1::REASON_PERSON_FORGOTTEN, "licence");
  v1::Retailer after = *before;
  *after.mutable_licence_record() = request.licence_record();
  std::unique_ptr<v1::Event> event = RetailerChange(*before, after);
  if (event != nullptr && before->licence_record().status() == v1::LICENCE_STATUS_CANCELLED) {
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "licence", "cancelled");
  }
  if (outcome.refused()) return outcome;
  if (event != nullptr) {
    event->mutable_retailer_changed()->set_reason(request.reason());
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::ChangeLicenceResponse>();
  return outcome;
}

}  // namespace sanyuan::registry
