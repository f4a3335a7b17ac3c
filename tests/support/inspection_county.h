// The small county with its inspections: squads that plan, officers that go. Shop 1 on Monday 2019-08-05 and squad
// SQ1 with its officers I1 and I2 unless said otherwise.
//
//   InspectionCounty county;
//   const std::string id = county.OnSite();
//   county.Record(id, tmi::INSPECTION_RESULT_ABNORMAL);
#ifndef SANYUAN_TESTS_SUPPORT_INSPECTION_COUNTY_H_
#define SANYUAN_TESTS_SUPPORT_INSPECTION_COUNTY_H_

#include <optional>
#include <string>
#include <vector>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {

class InspectionCounty : public ThreeMemberCounty {
 public:
  using ThreeMemberCounty::ThreeMemberCounty;

  // How far from the shop (a degree of latitude has 111 km), and how long ago by the device's counter; without a
  // number of minutes the device was started again in between.
  struct Field {
    int32_t north_e6 = 0;
    int32_t accuracy_m = 10;
    bool offline = false;
    std::optional<int64_t> minutes_ago = {};
  };

  template <typename Request>
  static Request Of(const std::string& inspection) {
    Request request;
    request.set_county_code(kCode);
    request.set_inspection_id(inspection);
    return request;
  }
  static tmi::PlanInspectionRequest PlanRequest(const std::string& licence = Shop(1),
                                                const std::string& date = "2019-08-05");

  partition::Outcome Draw(int count, const std::string& from = "2019-08-30",
                          const std::string& to = "2019-08-30", const std::string& head = "H1",
                          bool unannounced = false);
  std::vector<std::string> Drawn(int count, const std::string& from = "2019-08-30",
                                 const std::string& to = "2019-08-30", const std::string& head = "H1");
  partition::Outcome Plan(const tmi::PlanInspectionRequest& request, const std::string& head = "H1");
  // One is drawn, on a later day, so that this one may be chosen.
  std::string Planned(const tmi::PlanInspectionRequest& request = PlanRequest());
  partition::Outcome Postpone(const std::string& id, const std::string& date, const std::string& head = "H1");
  partition::Outcome Dispatch(const std::string& id, std::vector<std::string> officers = {"I1", "I2"},
                              const std::string& head = "H1");
  partition::Outcome CheckIn(const std::string& id, const std::string& officer, const Field& field = Near());
  partition::Outcome Begin(const std::string& id, const std::string& officer = "I1",
                           const Field& field = Near());
  partition::Outcome Record(const std::string& id, tmi::InspectionResult result,
                            const std::string& officer = "I1", const Field& field = Near());
  // Education unless the request says more.
  partition::Outcome Deal(const std::string& id, const partition::Actor& by = Inspector("I1"),
                          tmi::DealInspectionRequest request = Educate());
  partition::Outcome Review(const std::string& id, const partition::Actor& by = Head("H1"),
                            bool approved = true);
  partition::Outcome Close(const std::string& id, const partition::Actor& by = Head("H1"));

  static Field Near() { return {}; }
  static tmi::DealInspectionRequest Educate();

  // Up to there, every step at once and allowed.
  std::string Dispatched(const tmi::PlanInspectionRequest& request = PlanRequest());
  std::string OnSite(const tmi::PlanInspectionRequest& request = PlanRequest());
  std::string Recorded(tmi::InspectionResult result = tmi::INSPECTION_RESULT_ABNORMAL);

  const tmi::Inspection& inspection(const std::string& id) const;
  const tmi::InspectionPlan& plan(const std::string& month = "2019-08",
                                  const std::string& squad = "SQ1") const;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_INSPECTION_COUNTY_H_
