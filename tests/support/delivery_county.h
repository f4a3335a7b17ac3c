// A small county for tests of delivery tracking: what the registry and order intake would have decided, sent
// as the events of their journals; the depot, the crew's devices, the service desk.
//
//   DeliveryCounty county;                         // Policy in force, route R05 in town, crew D01 with
// device "phone-1".
//   county.AddShop("620121100001");
//   county.Pay("620121-o1", "620121100001", {{"620001", 3}});
//   const std::string run = county.PlannedAndLoaded();
//   Device device(county);
//   county.Upload(device, {device.Arrival(stop, t), device.Receipt(stop, t)}, sent_at);
#ifndef SANYUAN_TESTS_SUPPORT_DELIVERY_COUNTY_H_
#define SANYUAN_TESTS_SUPPORT_DELIVERY_COUNTY_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/delivery_tracking/domain/delivery_tracking_domain.h"
#include "tests/support/decider.h"

namespace sanyuan::testing {

// The first run of route R05 on the county's delivery day, and its first stop.
inline constexpr char kFirstRun[] = "620121-20190806-R05-1";
inline constexpr char kFirstStop[] = "620121-20190806-R05-1-0001";

class Device;

namespace dt = sanyuan::delivery_tracking::v1;

using Cartons = std::vector<std::pair<std::string, int64_t>>;

// Asia/Shanghai: At("2019-08-06 08:05") or At("2019-08-06 08:05:30").
absl::Time At(std::string_view text);

struct ShopSpec {
  // Metres north of the depot's corner, about; shops are 1,000 m apart unless said otherwise.
  std::optional<int32_t> north_m = std::nullopt;
  std::string route = "R05";
  int32_t stop_number = 0;  // 0: after the last one.
  int32_t promised_minute = 0;
  bool measured = true;
  bool pickup_agreement = false;
  std::vector<std::string> authorised_phones = {};
};

class DeliveryCounty : public Decider<delivery_tracking::DeliveryTrackingDomain> {
 public:
  static constexpr char kCode[] = "620121";
  static constexpr County kCounty = 620121;
  static constexpr char kDay[] = "2019-08-06";
  static constexpr int32_t kLatitude = 36'736'000;
  static constexpr int32_t kLongitude = 103'260'000;

  // It is 2019-08-05 18:00. Without `policy` no delivery policy is known.
  explicit DeliveryCounty(bool policy = true);

  // What the registry says. A shop has the card "C" + licence, the PIN hash "pin " + licence without blank
  // and the phone hash "ph-" + licence; staff have "ph-" + id and, if given, devices.
  void PublishPolicy(const std::string& version, void (*change)(registry::v1::DeliveryPolicy&) = nullptr,
                     absl::Time effective_from = At("2019-06-01 00:00"), const std::string& prefix = "");
  void AddRoute(const std::string& route, bool urban, std::vector<std::string> crew,
                int32_t departure_minute = 480);
  void AddStaff(const std::string& id, common::v1::Role role, std::vector<std::string> devices = {},
                std::vector<std::string> relatives = {});
  void AddShop(const std::string& licence, ShopSpec spec = {});
  // What order intake says.
  void Pay(const std::string& order_id, const std::string& licence, const Cartons& lines,
           const std::string& order_day = "2019-08-05", uint32_t debit = 1);
  void Void(const std::string& order_id, const std::string& licence, uint32_t debit = 1);

  // Commands, by the role that has them.
  partition::Outcome Plan(const std::string& day = kDay, std::vector<std::string> routes = {});
  partition::Outcome Load(const std::string& run, const Cartons& less = {},
                          dt::LoadDifferenceReason reason = dt::LOAD_DIFFERENCE_REASON_SHORT_STOCK);
  partition::Outcome Depart(const std::string& run);
  partition::Outcome Return(const std::string& run, const Cartons& lines,
                            partition::Actor actor = {"W01", common::v1::ROLE_DEPOT});
  partition::Outcome Reconcile(const std::string& run, const std::vector<dt::Loss>& losses = {},
                               partition::Actor actor = {"W01", common::v1::ROLE_DEPOT});
  partition::Outcome Redeliver(const std::string& stop, const std::string& day);
  partition::Outcome Resolve(const std::string& stop, dt::ReceiptVerdict verdict,
                             const std::string& by = "K01",
                             std::optional<absl::Time> arrived_at = std::nullopt);
  partition::Outcome Dispute(const std::string& stop, const std::string& licence);
  partition::Outcome Settle(const std::string& stop, dt::ReceiptVerdict verdict,
                            const std::string& by = "K02");
  partition::Outcome Upload(const dt::UploadDeviceEventsRequest& request, const std::string& staff = "D01");
  // Sent and received at `sent_at`, to which the clock is moved.
  partition::Outcome Upload(const Device& device, const std::vector<dt::DeviceEvent>& events,
                            absl::Time sent_at, const std::string& staff = "D01");

  // Plans the day's only run, loads what was planned and sends it off: run id.
  std::string OnTheRoad(const std::string& day = kDay);

  const delivery_tracking::State& state() const { return domain().state(); }
  const delivery_tracking::Run& run(const std::string& id) const;
  const delivery_tracking::Stop& stop(const std::string& id) const;
  // Null when there is none.
  const delivery_tracking::Receipt* receipt(const std::string& id) const;
  delivery_tracking::RunSku sku(const std::string& run, const std::string& sku) const;
  dt::GeoPosition Near(const std::string& licence, int32_t metres_off = 0) const;

 private:
  void FromRegistry(const registry::v1::Event& event);
  std::map<std::string, std::pair<int32_t, int32_t>> places_;
  std::map<std::string, int32_t> shops_on_;
};

// Events of a decision, of one type: Events(outcome.events, &dt::Event::has_stop_arrived).
std::vector<const dt::Event*> Events(const std::vector<partition::EventPtr>& events,
                                     bool (dt::Event::*has)() const);
inline const dt::UploadDeviceEventsResponse& ResultsOf(const partition::Outcome& outcome) {
  return static_cast<const dt::UploadDeviceEventsResponse&>(*outcome.response);
}
// "REASON field" of each refusal, sorted.
std::vector<std::string> Reasons(const partition::Refusals& refusals);
std::vector<std::string> Reasons(const google::protobuf::RepeatedPtrField<common::v1::Refusal>& refusals);

// A crew's device: numbers its events, counts from its start, and may show any calendar time.
class Device {
 public:
  explicit Device(const DeliveryCounty& county, std::string key = "phone-1",
                  absl::Time booted = At("2019-08-06 06:00"));

  void Reboot(absl::Time at);
  void ShiftCalendar(absl::Duration shift) { shift_ = shift; }
  void SetNext(uint64_t sequence) { next_ = sequence; }

  dt::DeviceClock Clock(absl::Time at) const;
  dt::DeviceEvent Arrival(const std::string& stop, absl::Time at, int32_t metres_off = 0);
  // With card, PIN, signature with photo, and position, all true.
  dt::DeviceEvent Receipt(const std::string& stop, absl::Time at);
  dt::DeviceEvent Undelivered(const std::string& stop, dt::UndeliveredCause cause, absl::Time at);
  dt::DeviceEvent LateReason(const std::string& stop, dt::LateReason reason, const std::string& proof,
                             absl::Time at);
  dt::UploadDeviceEventsRequest Batch(const std::vector<dt::DeviceEvent>& events, absl::Time sent_at) const;

 private:
  dt::DeviceEvent Next(absl::Time at);

  const DeliveryCounty& county_;
  const std::string key_;
  std::string boot_id_ = "boot-1";
  absl::Time booted_;
  absl::Duration shift_;
  uint64_t next_ = 1;
};

// 32 bytes that stand for an image file.
std::string Image(const std::string& name);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_DELIVERY_COUNTY_H_
