// A delivery day drawn by rapidcheck: shops, orders, and what two crews' devices report of them, with false
// and shared proofs, wrong contents and numbers left out.
#ifndef SANYUAN_TESTS_PROPERTY_DELIVERY_TRACKING_DELIVERY_PLAN_H_
#define SANYUAN_TESTS_PROPERTY_DELIVERY_TRACKING_DELIVERY_PLAN_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/delivery_county.h"

namespace sanyuan::testing {

// What is reported of one stop.
struct StopPlan {
  int minute = 0;   // Of the arrival, after 08:00.
  int outcome = 0;  // 0 receipt, 1 absent, 2 refused, 3 nothing.
  int flaw = 0;     // Of the receipt; see delivery_plan.cc.
  bool late_reason = false;
  bool lost_arrival = false;  // Its number is never uploaded.
  int64_t cartons = 1;
};

struct DayPlan {
  // By crew: 0 drives route R05 with phone-1, 1 route R06 with phone-2.
  std::vector<StopPlan> stops[2];
  bool reboot[2] = {false, false};

  // To be called inside a property.
  static DayPlan Draw();
};

// One device's events in the order of their numbers.
struct Reported {
  std::shared_ptr<Device> device;
  std::string staff;
  std::vector<dt::DeviceEvent> events;
};

// The county of the plan on the road, and what its devices have to report. Equal plans give equal counties.
struct Day {
  std::unique_ptr<DeliveryCounty> county;
  std::vector<Reported> reported;
  std::vector<std::string> stops;

  explicit Day(const DayPlan& plan, absl::Duration calendar_shift = absl::ZeroDuration());
  // Each device uploads all it has, in order.
  void UploadInOrder();
};

inline absl::Time UploadTime() { return At("2019-08-06 19:00"); }

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_PROPERTY_DELIVERY_TRACKING_DELIVERY_PLAN_H_
