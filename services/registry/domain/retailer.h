// Retailers (domain of the licence office and of the county): registration, and the fold of every change.
// Licence fields come only from the licence office (R33); how a licence looks is the format policy's matter.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_RETAILER_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_RETAILER_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// The retailer as it stands, with personal data. nullopt: LICENCE_UNKNOWN.
std::optional<v1::Retailer> StandingRetailer(const State& state, County county, const std::string& licence);

void CheckLicenceRecord(const v1::LicenceRecord& record, const std::string& path, Refusals& refusals);
// Also against the state: route (ROUTE_UNKNOWN), account manager (STAFF_UNKNOWN, ROLE_WRONG), who measured the
// position; at most as many authorised receivers as the delivery policy allows (2 without one).
void CheckProfile(const State& state, County county, const std::string& licence, const v1::Profile& profile,
                  const std::string& path, const Stamp& stamp, Refusals& refusals);
void CheckGrading(const v1::Grading& grading, const std::string& path, Refusals& refusals);
// A large retailer is always under inspectors (R54): WRONG_STATE otherwise.
void CheckSupervision(const v1::Supervision& supervision, const std::string& path, Refusals& refusals);

void CheckCannotOrder(const v1::CannotOrder& entry, const std::string& path, Refusals& refusals);

// Each item is judged alone. LICENCE_FORMAT, ALREADY_EXISTS (also for an id that is staff of the county).
// Not ready until a format policy for the county is in force: what a licence looks like is not known yet.
// What the item leaves open is filled in: joined_on (today), supervision mode (co-managed, large: by inspectors).
Outcome DecideRegisterRetailers(const State& state, const v1::RegisterRetailersRequest& request,
                                const Stamp& stamp);

// The change from `before` to `after` as an event; nullptr when there is none.
std::unique_ptr<v1::Event> RetailerChange(const v1::Retailer& before, const v1::Retailer& after);

// A batch that changes retailers: each item names a licence (LICENCE_UNKNOWN, PERSON_FORGOTTEN) and at most one item
// does (INVALID_FIELD for the later ones). `change(item, path, retailer, refusals)` changes and judges the retailer.
template <typename Items, typename Change>
void ChangeEach(const State& state, County county, const Items& items, v1::BatchResult& result,
                Outcome& outcome, Change change);

absl::Status Evolve(State& state, const v1::RetailerRegistered& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RetailerChanged& event, const Stamp& stamp);

template <typename Items, typename Change>
void ChangeEach(const State& state, County county, const Items& items, v1::BatchResult& result,
                Outcome& outcome, Change change) {
  std::set<std::string> licences;
  for (int i = 0; i < items.size(); ++i) {
    const auto& item = items[i];
    const std::string path = fmt::format("retailers[{}]", i);
    Refusals refusals;
    const std::optional<v1::Retailer> before = StandingRetailer(state, county, item.licence());
    v1::Retailer after = before.value_or(v1::Retailer());
    change(item, path, after, refusals);
    if (!licences.insert(item.licence()).second) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".licence", "twice");
    }
    if (!before) {
      Refuse(refusals, common::v1::REASON_LICENCE_UNKNOWN, path + ".licence", item.licence());
    } else if (before->forgotten()) {
      Refuse(refusals, common::v1::REASON_PERSON_FORGOTTEN, path + ".licence", item.licence());
    }
    if (!refusals.empty()) {
      v1::RefusedItem& refused = *result.add_refused();
      refused.set_index(i);
      refused.set_id(item.licence());
      for (common::v1::Refusal& refusal : refusals) *refused.add_refusals() = std::move(refusal);
    } else if (std::unique_ptr<v1::Event> event = RetailerChange(*before, after)) {
      result.set_registered(result.registered() + 1);
      outcome.events.push_back(std::move(event));
    } else {
      result.set_unchanged(result.unchanged() + 1);
    }
  }
}

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_RETAILER_H_
