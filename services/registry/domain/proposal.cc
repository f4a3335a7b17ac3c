#include "services/registry/domain/proposal.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "common/reference/wire_time.h"
#include "common/sealed/marks.h"
#include "services/registry/domain/retailer.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_INVALID_FIELD;
using google::protobuf::FieldDescriptor;

constexpr std::array<std::string_view, 5> kRetailersOwnPaths = {"contact", "phone", "pin_hash",
                                                                "authorised_receivers", "seasonal"};

// The fields that a mask names, with the hashes that are made of them, in field order. Appends INVALID_FIELD for
// paths that are none, for hashes named by themselves, and for an empty mask.
std::vector<const FieldDescriptor*> FieldsOf(const google::protobuf::FieldMask& mask, Refusals& refusals) {
  std::set<int> numbers;
  const google::protobuf::Descriptor& profile = *v1::Profile::descriptor();
  if (mask.paths().empty()) Refuse(refusals, REASON_INVALID_FIELD, "update_mask");
  for (int i = 0; i < mask.paths_size(); ++i) {
    const FieldDescriptor* field = profile.FindFieldByName(mask.paths(i));
    const common::v1::Personal* personal = field != nullptr ? sealed::PersonalOf(*field) : nullptr;
    if (field == nullptr || (personal != nullptr && !personal->hash_of().empty())) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("update_mask.paths[{}]", i), mask.paths(i));
    } else {
      numbers.insert(field->number());
    }
  }
  for (int i = 0; i < profile.field_count(); ++i) {
    const common::v1::Personal* personal = sealed::PersonalOf(*profile.field(i));
    if (personal == nullptr || personal->hash_of().empty()) continue;
    if (numbers.contains(profile.FindFieldByName(personal->hash_of())->number())) {
      numbers.insert(profile.field(i)->number());
    }
  }
  std::vector<const FieldDescriptor*> fields;
  fields.reserve(numbers.size());
  for (const int number : numbers) fields.push_back(profile.FindFieldByNumber(number));
  return fields;
}

void TakeFields(const v1::Profile& from, const std::vector<const FieldDescriptor*>& fields, v1::Profile& to) {
  v1::Profile copy = from;
  to.GetReflection()->SwapFields(&to, &copy, fields);
}

void CheckProposer(const v1::Retailer& retailer, const v1::ProposeProfileChangeRequest& request,
                   const Stamp& stamp, Refusals& refusals) {
  if (stamp.actor.role == common::v1::ROLE_RETAILER) {
    if (stamp.actor.id != request.licence()) Refuse(refusals, common::v1::REASON_NOT_OWN_LICENCE, "licence");
    for (int i = 0; i < request.update_mask().paths_size(); ++i) {
      const std::string& path = request.update_mask().paths(i);
      if (std::find(kRetailersOwnPaths.begin(), kRetailersOwnPaths.end(), path) == kRetailersOwnPaths.end()) {
        Refuse(refusals, common::v1::REASON_ROLE_NOT_ALLOWED, fmt::format("update_mask.paths[{}]", i), path);
      }
    }
  } else if (stamp.actor.role == common::v1::ROLE_ACCOUNT_MANAGER &&
             retailer.profile().am_staff_id() != stamp.actor.id) {
    Refuse(refusals, common::v1::REASON_UNIT_NOT_ALLOWED, "licence");
  }
}

}  // namespace

Outcome DecideProposeProfileChange(const State& state, const v1::ProposeProfileChangeRequest& request,
                                   const Stamp& stamp) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  const std::vector<const FieldDescriptor*> fields = FieldsOf(request.update_mask(), outcome.refusals);
  if (!county) return outcome;
  const std::optional<v1::Retailer> before = StandingRetailer(state, *county, request.licence());
  if (!before) {
    Refuse(outcome.refusals, common::v1::REASON_LICENCE_UNKNOWN, "licence", request.licence());
    return outcome;
  }
  if (before->forgotten()) Refuse(outcome.refusals, common::v1::REASON_PERSON_FORGOTTEN, "licence");
  CheckProposer(*before, request, stamp, outcome.refusals);
  v1::Profile proposed;
  TakeFields(request.profile(), fields, proposed);
  CheckProfile(state, *county, request.licence(), proposed, "profile", stamp, outcome.refusals);
  if (outcome.refused()) return outcome;

  auto response = std::make_unique<v1::ProposeProfileChangeResponse>();
  v1::Retailer after = *before;
  TakeFields(proposed, fields, *after.mutable_profile());
  if (!reference::ChangedPaths(*before, after).empty()) {
    auto event = std::make_unique<v1::Event>();
    v1::ProfileProposal& proposal = *event->mutable_retailer_profile_proposed()->mutable_proposal();
    proposal.set_proposal_id(partition::DeriveId(*county, stamp));
    proposal.set_county_code(request.county_code());
    proposal.set_licence(request.licence());
    *proposal.mutable_profile() = proposed;
    for (const FieldDescriptor* field : fields)
      proposal.mutable_update_mask()->add_paths(std::string(field->name()));
    proposal.set_proposed_by(stamp.actor.id);
    *proposal.mutable_proposed_at() = reference::ToWireTime(stamp.decided_at);
    proposal.set_state(v1::PROPOSAL_STATE_PROPOSED);
    response->set_proposal_id(proposal.proposal_id());
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::move(response);
  return outcome;
}

Outcome DecideDecideProfileChange(const State& state, const v1::DecideProfileChangeRequest& request,
                                  const Stamp& stamp) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  CheckLength(request.why(), kMaxReasonLength, "why", outcome.refusals);
  if (!request.approve() && request.why().empty()) Refuse(outcome.refusals, REASON_INVALID_FIELD, "why");
  if (!county) return outcome;
  const ProposalKey key{*county, request.proposal_id()};
  const ProposalRow* row = state.proposals.Find(key);
  if (row == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_PROPOSAL_UNKNOWN, "proposal_id", request.proposal_id());
    return outcome;
  }
  const v1::ProposalState wanted =
      request.approve() ? v1::PROPOSAL_STATE_APPROVED : v1::PROPOSAL_STATE_REJECTED;
  if (row->state == wanted && row->decided_by == stamp.actor.id) {
    outcome.response = std::make_unique<v1::DecideProfileChangeResponse>();
    return outcome;
  }
  if (row->state != v1::PROPOSAL_STATE_PROPOSED) {
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "proposal_id",
           v1::ProposalState_Name(row->state));
  }
  if (row->proposed_by == stamp.actor.id)
    Refuse(outcome.refusals, common::v1::REASON_FOUR_EYES, "proposal_id");

  const v1::ProfileProposal proposal =
      ProposalOf(*county, request.proposal_id(), *row, state.proposals_private.Find(key));
  const std::optional<v1::Retailer> before = StandingRetailer(state, *county, proposal.licence());
  std::unique_ptr<v1::Event> change;
  if (request.approve() && before) {
    if (before->forgotten()) Refuse(outcome.refusals, common::v1::REASON_PERSON_FORGOTTEN, "proposal_id");
    std::vector<const FieldDescriptor*> fields;
    for (const std::string& path : proposal.update_mask().paths()) {
      fields.push_back(v1::Profile::descriptor()->FindFieldByName(path));
    }
    v1::Retailer after = *before;
    TakeFields(proposal.profile(), fields, *after.mutable_profile());
    CheckProfile(state, *county, proposal.licence(), after.profile(), "profile", stamp, outcome.refusals);
    change = RetailerChange(*before, after);
  }
  if (outcome.refused()) return outcome;
  auto event = std::make_unique<v1::Event>();
  v1::RetailerProfileDecided& decided = *event->mutable_retailer_profile_decided();
  decided.set_county_code(request.county_code());
  decided.set_proposal_id(request.proposal_id());
  decided.set_state(wanted);
  decided.set_decided_by(stamp.actor.id);
  decided.set_why(request.why());
  outcome.events.push_back(std::move(event));
  if (change != nullptr) {
    change->mutable_retailer_changed()->set_proposal_id(request.proposal_id());
    outcome.events.push_back(std::move(change));
  }
  outcome.response = std::make_unique<v1::DecideProfileChangeResponse>();
  return outcome;
}

absl::Status Evolve(State& state, const v1::RetailerProfileProposed& event, const Stamp& /*stamp*/) {
  const v1::ProfileProposal& proposal = event.proposal();
  const std::optional<County> county = CountyOfId(proposal.county_code());
  if (!county || proposal.proposal_id().empty() || !reference::IsWireTime(proposal.proposed_at())) {
    return absl::InvalidArgumentError("a proposal without county, id or time");
  }
  for (const std::string& path : proposal.update_mask().paths()) {
    if (v1::Profile::descriptor()->FindFieldByName(path) == nullptr) return absl::InvalidArgumentError(path);
  }
  const ProposalKey key{*county, proposal.proposal_id()};
  state.proposals.Put(key, ProposalRowOf(proposal));
  state.proposals_private.Put(key, ProposalPrivateRowOf(proposal));
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::RetailerProfileDecided& event, const Stamp& stamp) {
  const std::optional<County> county = CountyOfId(event.county_code());
  const ProposalKey key{county.value_or(0), event.proposal_id()};
  if (!state.proposals.Contains(key)) return absl::InvalidArgumentError("no such proposal");
  ProposalRow& row = state.proposals.Mutate(key);
  row.state = event.state();
  row.decided_by = event.decided_by();
  row.decided_at = stamp.decided_at;
  row.why = event.why();
  return absl::OkStatus();
}

}  // namespace sanyuan::registry
