#include "services/registry/domain/person.h"

namespace sanyuan::registry {
namespace {

bool HasEnded(v1::LicenceStatus status) {
  return status == v1::LICENCE_STATUS_CANCELLED || status == v1::LICENCE_STATUS_EXPIRED;
}

}  // namespace

Outcome DecideForgetPerson(const State& state, const v1::ForgetPersonRequest& request,
                           const Stamp& /*stamp*/) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  CheckLength(request.why(), kMaxReasonLength, "why", outcome.refusals);
  if (!county) return outcome;
  const std::optional<LocalKey> key = KeyOf(*county, request.person());
  const StaffRow* staff = key ? state.staff.Find(*key) : nullptr;
  const RetailerRow* retailer = key ? state.retailers.Find(*key) : nullptr;
  if (staff == nullptr && retailer == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_FOUND, "person", request.person());
  } else if (staff != nullptr ? staff->active : !HasEnded(retailer->status)) {
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "person", request.person());
  }
  if (outcome.refused()) return outcome;
  if (staff != nullptr ? !staff->forgotten : !retailer->forgotten) {
    auto event = std::make_unique<v1::Event>();
    v1::PersonForgotten& forgotten = *event->mutable_person_forgotten();
    forgotten.set_county_code(request.county_code());
    forgotten.set_person(request.person());
    forgotten.set_why(request.why());
    forgotten.add_keys(request.person());
    if (retailer != nullptr) {
      for (const std::string& receiver_id : retailer->receiver_ids) forgotten.add_keys(receiver_id);
    }
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::ForgetPersonResponse>();
  return outcome;
}

absl::Status Evolve(State& state, const v1::PersonForgotten& event, const Stamp& /*stamp*/) {
  const std::optional<County> county = CountyOfId(event.county_code());
  const std::optional<LocalKey> key = county ? KeyOf(*county, event.person()) : std::nullopt;
  if (key && state.staff.Contains(*key)) {
    state.staff.Mutate(*key).forgotten = true;
    state.staff_private.Erase(*key);
  } else if (key && state.retailers.Contains(*key)) {
    state.retailers.Mutate(*key).forgotten = true;
    state.retailers_private.Erase(*key);
  } else {
    return absl::InvalidArgumentError("nobody was forgotten");
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::registry
