// A proposed correction as rows. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_PROPOSAL_ROW_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_PROPOSAL_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/state/code.h"
#include "sanyuan/registry/v1/retailer.pb.h"

namespace sanyuan::registry {

struct ProposalRow {
  Code licence;
  // The proposed profile without personal data, as serialized bytes: it is carried, never looked into.
  std::string profile;
  std::vector<std::string> paths;
  std::string proposed_by;
  absl::Time proposed_at = absl::UnixEpoch();
  v1::ProposalState state = v1::PROPOSAL_STATE_UNSPECIFIED;
  std::string decided_by;
  absl::Time decided_at = absl::UnixEpoch();
  std::string why;

  static void Fields(auto& self, auto&& visit) {
    visit(self.licence, self.profile, self.paths, self.proposed_by, self.proposed_at, self.state,
          self.decided_by, self.decided_at, self.why);
  }
};

// The personal part of the profile: sealed texts and hashes alone, as serialized bytes.
struct ProposalPrivateRow {
  std::string profile;

  static void Fields(auto& self, auto&& visit) { visit(self.profile); }
};

ProposalRow ProposalRowOf(const v1::ProfileProposal& proposal);
ProposalPrivateRow ProposalPrivateRowOf(const v1::ProfileProposal& proposal);
// `personal` may be null: what it holds is then left empty.
v1::ProfileProposal ProposalOf(County county, const std::string& proposal_id, const ProposalRow& row,
                               const ProposalPrivateRow* personal);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_PROPOSAL_ROW_H_
