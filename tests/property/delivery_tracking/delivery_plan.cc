#include "tests/property/delivery_tracking/delivery_plan.h"

#include <rapidcheck.h>

namespace sanyuan::testing {
namespace {

constexpr int kFlaws = 12;

void Spoil(int flaw, dt::DeviceEvent& event, const DeliveryCounty& county) {
  dt::StopReceiptReport& receipt = *event.mutable_receipt();
  switch (flaw) {
    case 1:
      receipt.set_card_id("C620121100001");
      break;  // Of the first shop: shared by all that use it.
    case 2:
      receipt.set_pin_hash("pin-guessed");
      break;
    case 3:
      receipt.set_signature_sha256(Image("one and the same"));
      break;
    case 4:
      receipt.set_receiver_phone_hash("ph-neighbour");
      break;
    case 5:
      receipt.set_receiver_phone_hash("ph-A01");
      break;
    case 6:
      *receipt.mutable_position() = county.Near(receipt.licence(), 900);
      break;
    case 7:
      receipt.mutable_position()->set_mocked(true);
      break;
    case 8:
      receipt.set_licence("620121999999");
      break;  // Rejected.
    case 9:
      receipt.clear_card_id();
      receipt.clear_pin_hash();
      receipt.clear_photo_sha256();
      break;
    case 10:
      receipt.set_at_pickup_point(true);
      break;
    case 11:
      event.clear_clock();
      break;  // Rejected.
    default:
      break;
  }
}

std::string Licence(int crew, size_t i) {
  return std::to_string(620121100001 + 1000 * crew + static_cast<int>(i));
}

}  // namespace

DayPlan DayPlan::Draw() {
  DayPlan plan;
  for (int crew = 0; crew < 2; ++crew) {
    plan.stops[crew].resize(static_cast<size_t>(*rc::gen::inRange(1, 7)));
    for (StopPlan& stop : plan.stops[crew]) {
      stop.minute = *rc::gen::inRange(0, 240);
      stop.outcome = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}, {1, 3}});
      stop.flaw = *rc::gen::oneOf(rc::gen::just(0), rc::gen::inRange(0, kFlaws));
      stop.late_reason = *rc::gen::inRange(0, 5) == 0;
      stop.lost_arrival = *rc::gen::inRange(0, 6) == 0;
      stop.cartons = *rc::gen::inRange<int64_t>(1, 9);
    }
    plan.reboot[crew] = *rc::gen::inRange(0, 4) == 0;
  }
  return plan;
}

Day::Day(const DayPlan& plan, absl::Duration calendar_shift) : county(std::make_unique<DeliveryCounty>()) {
  county->AddRoute("R06", false, {"D02"});
  for (int crew = 0; crew < 2; ++crew) {
    for (size_t i = 0; i < plan.stops[crew].size(); ++i) {
      county->AddShop(Licence(crew, i),
                      {.north_m = static_cast<int32_t>(220 * i), .route = crew == 0 ? "R05" : "R06"});
      county->Pay("620121-o" + Licence(crew, i), Licence(crew, i),
                  {{"620001", plan.stops[crew][i].cartons}, {"620002", 1}});
    }
  }
  county->Plan();
  county->Tick(At("2019-08-06 07:00"));
  for (int crew = 0; crew < 2; ++crew) {
    const std::string run = crew == 0 ? "620121-20190806-R05-1" : "620121-20190806-R06-1";
    county->Load(run);
    county->Depart(run);
    Reported out{
        std::make_shared<Device>(*county, crew == 0 ? "phone-1" : "phone-2"), crew == 0 ? "D01" : "D02", {}};
    Device& device = *out.device;
    device.ShiftCalendar(calendar_shift);
    for (size_t i = 0; i < plan.stops[crew].size(); ++i) {
      const StopPlan& at = plan.stops[crew][i];
      if (plan.reboot[crew] && i == plan.stops[crew].size() / 2) device.Reboot(At("2019-08-06 07:30"));
      const std::string stop = run + "-000" + std::to_string(i + 1);
      stops.push_back(stop);
      const absl::Time arrival = At("2019-08-06 08:00") + absl::Minutes(at.minute);
      if (at.late_reason) out.events.push_back(device.LateReason(stop, dt::LATE_REASON_WEATHER, "", arrival));
      auto arrived = device.Arrival(stop, arrival);
      if (!at.lost_arrival) out.events.push_back(arrived);
      if (at.outcome == 0) {
        out.events.push_back(device.Receipt(stop, arrival + absl::Seconds(20 * (at.minute % 7))));
        Spoil(at.flaw, out.events.back(), *county);
      } else if (at.outcome < 3) {
        const auto cause = at.outcome == 1 ? dt::UNDELIVERED_CAUSE_ABSENT : dt::UNDELIVERED_CAUSE_REFUSED;
        out.events.push_back(device.Undelivered(stop, cause, arrival + absl::Minutes(3)));
      }
    }
    reported.push_back(std::move(out));
  }
  county->Tick(UploadTime());
}

void Day::UploadInOrder() {
  for (const Reported& from : reported)
    county->Upload(from.device->Batch(from.events, UploadTime()), from.staff);
}

}  // namespace sanyuan::testing
