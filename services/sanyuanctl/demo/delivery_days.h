// The five working days after the order day: runs, loading, devices that upload as they find a net, absences and
// second attempts, false proofs, returns and reconciliation. Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_DELIVERY_DAYS_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_DELIVERY_DAYS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sanyuan/delivery_tracking/v1/device.pb.h"
#include "sanyuan/delivery_tracking/v1/receipt.pb.h"
#include "sanyuan/delivery_tracking/v1/stop.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {

struct DeliveryFigures {
  int64_t runs = 0, stops = 0, receipts = 0, absent = 0, refused = 0, redelivered = 0;
  int64_t on_time = 0, early = 0, late = 0, unverified = 0;
  int64_t suspects = 0, resolved = 0;
  int64_t uploads = 0, repeated_events = 0;
  int64_t planned_cartons = 0, loaded_cartons = 0, delivered_cartons = 0, returned_cartons = 0,
          lost_cartons = 0;
  bool balanced = true;  // Every SKU of every run: loaded = delivered + returned + lost.
  int64_t OnTimeBasisPoints() const;
};

class DeliveryDays {
 public:
  // `set_clock` moves the server's clock and the client's.
  DeliveryDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock);
  DeliveryFigures Play();

 private:
  struct OnTheRoad {
    std::string run_id;
    int crew = 0;
    bool second_attempt = false;
    std::vector<delivery_tracking::v1::Stop> stops;
  };
  // What one crew's device has seen on a day, in the order of its sequence numbers.
  struct Seen {
    absl::Time at;
    delivery_tracking::v1::DeviceEvent event;
  };

  void PlayDay(const std::string& day, const std::string& next_day);
  std::vector<OnTheRoad> PlanDay(const std::string& day);
  void Depart(const OnTheRoad& run);
  std::vector<Seen> DriveDay(int crew, const std::string& day, const std::vector<OnTheRoad>& runs);
  void Visit(const OnTheRoad& run, const delivery_tracking::v1::Stop& stop, absl::Time at,
             std::vector<Seen>& seen);
  void Upload(int crew, const std::string& day, const std::vector<Seen>& seen, size_t first, size_t last,
              const std::string& name);
  void Return(const OnTheRoad& run, const std::string& next_day);
  void LookAtSuspects();
  void Measure(const std::vector<std::string>& days);
  std::vector<delivery_tracking::v1::Stop> StopsOf(const std::string& run_id);

  Client& client_;
  const Plan& plan_;
  const std::function<void(absl::Time)> set_clock_;
  DeliveryFigures figures_;
  std::vector<uint64_t> next_sequence_;
  std::map<std::string, std::string> second_attempts_;  // Route to the stop that failed last on it.
  std::vector<std::string> run_ids_;
  bool miscounted_ = false;
};

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_DELIVERY_DAYS_H_
