// What the single and the batched agreement commands judge alike, item by item. `field` is the path of the item
// in the request, with a dot at its end or empty. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_RULES_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_RULES_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

struct FoundAgreement {
  IdKey key;
  const Agreement* row = nullptr;
};
// AGREEMENT_UNKNOWN, or INVALID_FIELD for a malformed id; `row` is then null.
FoundAgreement FindAgreement(const State& state, Refusals& refusals, const std::string& field,
                             std::optional<County> county, const std::string& id);

// Total, term and licence of a draft. `to` is set when the months are well formed.
struct Terms {
  Code licence;
  MonthIndex from = 0;
  MonthIndex to = 0;
};
Terms CheckTerms(const State& state, Refusals& refusals, const std::string& field,
                 std::optional<County> county, const std::string& licence, int64_t total,
                 const std::string& from_month, int32_t term_months, const Stamp& stamp);
void CheckTotal(const Policy& policy, Refusals& refusals, const std::string& field, int64_t total);
// FIXED_IN_MONTH or NOT_EFFECTIVE when an agreement can't start in that month any more.
void CheckStart(const State& state, Refusals& refusals, const std::string& field, County county, Code licence,
                MonthIndex from, const Stamp& stamp);
// The form of what is there; what is missing is judged when it is proposed.
void CheckEvidenceForm(Refusals& refusals, const std::string& field, const v1::EvidencePack& evidence);
void CheckEvidenceComplete(const Policy* policy, Refusals& refusals, const std::string& field,
                           const Evidence& evidence);
Evidence EvidenceOf(const v1::EvidencePack& evidence);

// Judges one consent or one approval; adds its events when nothing stands against it. The state afterwards.
void Consent(Refusals& refusals, const std::string& field, const FoundAgreement& found,
             v1::ConsentMethod method, const std::string& proof, int64_t total, const Stamp& stamp,
             std::vector<partition::EventPtr>& events);
v1::AgreementState Approve(const State& state, Refusals& refusals, const std::string& field,
                           const FoundAgreement& found, const Stamp& stamp,
                           std::vector<partition::EventPtr>& events);

// Changes a row and keeps its timer in step with its state.
template <typename Change>
absl::Status ChangeAgreement(State& state, const std::string& id, Change change);
void SetAgreementTimer(State& state, const IdKey& key, const Agreement& row, bool set);

template <typename Change>
absl::Status ChangeAgreement(State& state, const std::string& id, Change change) {
  const auto county = CountyOfId(id);
  if (!county) return Misfit("agreement id");
  const IdKey key{*county, id};
  if (!state.agreements.Contains(key)) return Misfit("unknown agreement");
  Agreement& row = state.agreements.Mutate(key);
  SetAgreementTimer(state, key, row, false);
  change(row);
  SetAgreementTimer(state, key, row, true);
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_AGREEMENT_RULES_H_
