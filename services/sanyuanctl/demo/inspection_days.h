// Two days of the squads after the deliveries: each draws some shops by lot and chooses others, two officers go, and
// what they find is dealt with, reviewed and closed. One is put off, one is missed, one is recorded without net and
// sent the next morning; what must be refused is tried. Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_INSPECTION_DAYS_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_INSPECTION_DAYS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sanyuan/three_member_interaction/v1/inspection.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {

struct InspectionFigures {
  int64_t planned = 0, drawn = 0, closed = 0, missed = 0, open = 0;
  int64_t postponed = 0, offline = 0, abnormal = 0, tickets = 0, clues = 0;
};

class InspectionDays {
 public:
  // `set_clock` moves the server's clock and the client's.
  InspectionDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock);
  InspectionFigures Play();

 private:
  using Inspection = three_member_interaction::v1::Inspection;

  std::set<std::string> PlannedShops();
  void PlanSquad(const std::string& squad);
  void Dispatch();
  // Both officers check in and one of them begins.
  void Arrive(const Inspection& inspection);
  void Record(const Inspection& inspection, absl::Duration ago);
  void Deal();
  void ReviewAndClose();
  void Count();
  const Shop& ShopOf(const Inspection& inspection) const;
  // In the order of their shops, so that nothing depends on ids.
  std::vector<Inspection> In(three_member_interaction::v1::InspectionState state,
                             const std::string& squad = "");

  Client& client_;
  const Plan& plan_;
  const std::function<void(absl::Time)> set_clock_;
  InspectionFigures figures_;
  bool tried_alone_ = false, tried_to_punish_ = false;
};

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_INSPECTION_DAYS_H_
