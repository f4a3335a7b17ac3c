// Loads the county of the demo day: reference data, organisation, staff, routes, retailers, and the agreements of
// August 2019 with the retailers' consent. Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_LOAD_COUNTY_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_LOAD_COUNTY_H_

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {

// People who are named in the day.
inline const Caller kOperator{"OP1", "OPERATOR", ""};
inline const Caller kCountyManager{"CM1", "COUNTY_MANAGER"};
inline const Caller kMarketingManager{"MM1", "MARKETING_MANAGER"};
inline const Caller kSupplyPlanner{"SP1", "SUPPLY_DEPARTMENT"};
inline const Caller kSupplyApprover{"SP2", "SUPPLY_DEPARTMENT"};
inline const Caller kInspector{"IN01", "INSPECTOR"};
inline const Caller kOrderDesk{"OD1", "ORDER_DESK"};
inline const Caller kLicenceOffice{"LO1", "LICENCE_OFFICE"};
inline const Caller kServiceDesk{"SD1", "SERVICE_DESK"};
inline const Caller kDepot{"DP1", "DEPOT"};
inline const Caller kBank{"BANK", "BANK"};
inline const Caller kAuditor{"AU1", "AUDITOR", ""};

Caller RetailerOf(const Shop& shop);

void LoadReference(Client& client);
void LoadOrganisation(Client& client, const Plan& plan);
void LoadRetailers(Client& client, const Plan& plan);
// Proposed by the account managers, consented to by every retailer, approved by the marketing manager; those of
// large retailers also by an inspector and the county manager.
void LoadAgreements(Client& client, const Plan& plan);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_LOAD_COUNTY_H_
