// The folded state of registry.journal: the units, staff, routes and retailers of the partition's counties.
//
// Personal data (sealed texts, keyed hashes) stands in tables of its own, left out of the business digest: it
// depends on keys that differ from deployment to deployment. What was copied from the reference journal is
// internal too: it is the same in every partition and belongs to no county of it.
// Thread safety: as state::Store.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_STATE_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_STATE_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/reference/policy_table.h"
#include "common/state/table.h"
#include "services/registry/domain/proposal_row.h"
#include "services/registry/domain/reference_state.h"
#include "services/registry/domain/retailer_row.h"
#include "services/registry/domain/route_row.h"
#include "services/registry/domain/staff_row.h"
#include "services/registry/domain/unit.h"

namespace sanyuan::registry {

// A thing of a county by its code: unit, person, route or licence.
struct LocalKey {
  County county = 0;
  Code code;

  auto operator<=>(const LocalKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.code); }
};

struct ProposalKey {
  County county = 0;
  std::string proposal_id;

  auto operator<=>(const ProposalKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.proposal_id); }
};

struct State : state::Store {
  State() {
    units.Track();
    staff.Track();
    staff_private.Track();
    routes.Track();
    retailers.Track();
    retailers_private.Track();
    proposals.Track();
    proposals_private.Track();
  }

  state::Table<CodeKey, CountyRow> counties{*this, "counties", state::Content::kInternal};
  reference::PolicyTable policies{*this, state::Content::kInternal};
  state::Table<LocalKey, UnitRow> units{*this, "units", state::Content::kBusiness};
  state::Table<LocalKey, StaffRow> staff{*this, "staff", state::Content::kBusiness};
  state::Table<LocalKey, StaffPrivateRow> staff_private{*this, "staff_private", state::Content::kInternal};
  state::Table<LocalKey, RouteRow> routes{*this, "routes", state::Content::kBusiness};
  state::Table<LocalKey, RetailerRow> retailers{*this, "retailers", state::Content::kBusiness};
  state::Table<LocalKey, RetailerPrivateRow> retailers_private{*this, "retailers_private",
                                                               state::Content::kInternal};
  state::Table<ProposalKey, ProposalRow> proposals{*this, "proposals", state::Content::kBusiness};
  state::Table<ProposalKey, ProposalPrivateRow> proposals_private{*this, "proposals_private",
                                                                  state::Content::kInternal};
};

// The county of a request. nullopt after COUNTY_UNKNOWN or INVALID_FIELD was added for `county_code`.
std::optional<County> CheckCountyCode(const State& state, const std::string& county_code, Refusals& refusals);
// The key of a thing of the county; nullopt when `code` can't be a code.
std::optional<LocalKey> KeyOf(County county, std::string_view code);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_STATE_H_
