#include "services/registry/domain/proposal_row.h"

#include "common/reference/wire_bytes.h"
#include "common/reference/wire_time.h"
#include "common/sealed/marks.h"

namespace sanyuan::registry {

using reference::CanonicalBytes;

ProposalRow ProposalRowOf(const v1::ProfileProposal& proposal) {
  ProposalRow row;
  row.licence = Code::Parse(proposal.licence()).value_or(Code());
  v1::Profile open = proposal.profile();
  v1::Profile personal;
  sealed::SplitPersonal(open, personal);
  row.profile = CanonicalBytes(open);
  row.paths.assign(proposal.update_mask().paths().begin(), proposal.update_mask().paths().end());
  row.proposed_by = proposal.proposed_by();
  row.proposed_at = reference::FromWireTime(proposal.proposed_at());
  row.state = proposal.state();
  row.decided_by = proposal.decided_by();
  row.decided_at = reference::FromWireTime(proposal.decided_at());
  row.why = proposal.why();
  return row;
}

ProposalPrivateRow ProposalPrivateRowOf(const v1::ProfileProposal& proposal) {
  v1::Profile open = proposal.profile();
  v1::Profile personal;
  sealed::SplitPersonal(open, personal);
  return {CanonicalBytes(personal)};
}

v1::ProfileProposal ProposalOf(County county, const std::string& proposal_id, const ProposalRow& row,
                               const ProposalPrivateRow* personal) {
  v1::ProfileProposal proposal;
  proposal.set_proposal_id(proposal_id);
  proposal.set_county_code(CountyText(county));
  proposal.set_licence(row.licence.str());
  v1::Profile& profile = *proposal.mutable_profile();
  // What does not parse was not written by this fold; the state digest says so.
  if (!profile.ParseFromString(row.profile)) profile.Clear();
  v1::Profile hidden;
  if (personal != nullptr && hidden.ParseFromString(personal->profile)) {
    for (int i = 0; i < profile.authorised_receivers_size() && i < hidden.authorised_receivers_size(); ++i) {
      profile.mutable_authorised_receivers(i)->MergeFrom(hidden.authorised_receivers(i));
    }
    hidden.clear_authorised_receivers();
    profile.MergeFrom(hidden);
  }
  for (const std::string& path : row.paths) proposal.mutable_update_mask()->add_paths(path);
  proposal.set_proposed_by(row.proposed_by);
  *proposal.mutable_proposed_at() = reference::ToWireTime(row.proposed_at);
  proposal.set_state(row.state);
  proposal.set_decided_by(row.decided_by);
  if (row.state != v1::PROPOSAL_STATE_PROPOSED) {
    *proposal.mutable_decided_at() = reference::ToWireTime(row.decided_at);
  }
  proposal.set_why(row.why);
  return proposal;
}

}  // namespace sanyuan::registry
