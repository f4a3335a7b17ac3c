#include "services/sanyuanctl/demo/delivery_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "common/clock/business_time.h"
#include "common/digest/digest.h"
#include "common/reference/wire_time.h"
#include "sanyuan/delivery_tracking/v1/run.pb.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/order_cycle.h"
#include "services/sanyuanctl/demo/people.h"

namespace sanyuan::ctl::demo {
namespace {

namespace dt = delivery_tracking::v1;

constexpr int kUploadBatch = 120;
constexpr int kMinutesPerStop = 5;
constexpr int kSecondAttemptMinute = 18 * 60;
constexpr int kBootMinute = 6 * 60;
constexpr int kBreakdownMinutes = 100;
constexpr int32_t kFarOff = 3'600;  // Millionths of a degree, about 400 m.
// Minutes of the day at which devices with a net upload; those of the valleys come home first.
constexpr int kRounds[] = {10 * 60, 12 * 60, 14 * 60, 16 * 60, 19 * 60};

// The working days after the order day; each has five of the 25 routes, one for each crew.
const std::vector<std::string>& Days() {
  static const std::vector<std::string> days = {"2019-08-07", "2019-08-08", "2019-08-09", "2019-08-12",
                                                "2019-08-13"};
  return days;
}

bool HasNet(int crew) { return crew != 2 && crew != 4; }

enum class Outcome { kDelivered, kAbsent, kRefused, kFarAway, kBorrowedCard };

Outcome OutcomeOf(uint64_t seed, const dt::Stop& stop) {
  const int64_t at = Draw(seed, "stop " + stop.stop_id()).Below(1000);
  if (at < 20) return Outcome::kAbsent;
  if (at < 24) return Outcome::kRefused;
  if (at < 27) return Outcome::kFarAway;
  if (at < 30) return Outcome::kBorrowedCard;
  return Outcome::kDelivered;
}

const Shop& ShopOf(const Plan& plan, const std::string& licence) {
  return plan.shops[static_cast<size_t>(std::stoi(licence.substr(7))) - 1];
}

// "R05" of "620121-20190806-R05-1".
std::string RouteOf(const std::string& run_id) { return run_id.substr(16, 3); }

dt::GeoPosition At(const Shop& shop, int32_t off) {
  dt::GeoPosition position;
  position.set_latitude_udeg(shop.latitude_e6 + off);
  position.set_longitude_udeg(shop.longitude_e6);
  position.set_accuracy_m(12);
  return position;
}

std::string Image(const std::string& what) { return std::string(Sha256(what).view()); }

dt::DeviceClock ClockAt(const std::string& day, int crew, absl::Time at) {
  dt::DeviceClock clock;
  *clock.mutable_device_time() = reference::ToWireTime(at);
  clock.set_boot_id(fmt::format("{}-{}", day, crew));
  const absl::Duration running = at - AtMinute(ParseDate(day).value(), kBootMinute);
  clock.mutable_since_boot()->set_seconds(absl::ToInt64Seconds(running));
  return clock;
}

}  // namespace

int64_t DeliveryFigures::OnTimeBasisPoints() const {
  const int64_t judged = on_time + early + late;
  return judged == 0 ? 0 : on_time * 10'000 / judged;
}

DeliveryDays::DeliveryDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock)
    : client_(client), plan_(plan), set_clock_(std::move(set_clock)), next_sequence_(kCrews, 1) {}

DeliveryFigures DeliveryDays::Play() {
  const std::vector<std::string>& days = Days();
  for (size_t i = 0; i < days.size(); ++i) PlayDay(days[i], i + 1 < days.size() ? days[i + 1] : "");
  LookAtSuspects();
  set_clock_(AtMinute(ParseDate(days.back()).value(), 20 * 60 + 30));
  Measure(days);
  return figures_;
}

void DeliveryDays::PlayDay(const std::string& day, const std::string& next_day) {
  const Date date = ParseDate(day).value();
  std::vector<OnTheRoad> runs = PlanDay(day);
  set_clock_(AtMinute(date, kBootMinute + 30));
  client_.Each(runs.size(), [&](size_t i) { Depart(runs[i]); });

  std::vector<std::vector<Seen>> seen(kCrews);
  for (int crew = 0; crew < kCrews; ++crew) seen[static_cast<size_t>(crew)] = DriveDay(crew, day, runs);
  std::vector<size_t> sent(kCrews, 0);
  for (const int round : kRounds) {
    const absl::Time now = AtMinute(date, round);
    set_clock_(now);
    const bool last_round = round == kRounds[std::size(kRounds) - 1];
    client_.Each(kCrews, [&](size_t crew) {
      const auto& events = seen[crew];
      size_t known = sent[crew];
      while (known < events.size() && events[known].at <= now) ++known;
      if (!HasNet(static_cast<int>(crew)) && !last_round) return;
      const std::string name = fmt::format("{} {}", day, round);
      if (HasNet(static_cast<int>(crew))) {
        for (size_t i = sent[crew]; i < known; i += kUploadBatch) {
          Upload(static_cast<int>(crew), day, events, i, std::min(known, i + kUploadBatch),
                 fmt::format("{} {}", name, i));
        }
      } else {
        // Home again: the last batch first, and the first one twice.
        for (size_t end = known; end > 0; end -= std::min<size_t>(end, kUploadBatch)) {
          Upload(static_cast<int>(crew), day, events, end - std::min<size_t>(end, kUploadBatch), end,
                 fmt::format("{} {}", name, end));
        }
        Upload(static_cast<int>(crew), day, events, 0, std::min<size_t>(known, kUploadBatch),
               name + " again");
      }
      sent[crew] = known;
    });
  }
  set_clock_(AtMinute(date, 19 * 60 + 30));
  for (const OnTheRoad& run : runs) Return(run, next_day);
}

std::vector<DeliveryDays::OnTheRoad> DeliveryDays::PlanDay(const std::string& day) {
  const Date date = ParseDate(day).value();
  const auto index = static_cast<int>(std::find(Days().begin(), Days().end(), day) - Days().begin());
  dt::PlanRunsRequest request;
  request.set_county_code(kCounty);
  request.set_delivery_date(day);
  request.set_minutes_per_stop(kMinutesPerStop);
  for (int route = index * kCrews; route < (index + 1) * kCrews; ++route)
    request.add_route_ids(RouteId(route));
  const auto planned = client_.Call<dt::PlanRunsResponse>(kDepot, day, request);
  std::vector<OnTheRoad> runs;
  for (const std::string& id : planned.run_ids()) runs.push_back({id, 0, false, {}});
  if (!second_attempts_.empty()) {
    dt::PlanRunsRequest again;
    again.set_county_code(kCounty);
    again.set_delivery_date(day);
    again.set_minutes_per_stop(kMinutesPerStop);
    *again.mutable_first_stop_at() = reference::ToWireTime(AtMinute(date, kSecondAttemptMinute));
    for (const auto& [route, stop] : second_attempts_) again.add_route_ids(route);
    const auto response = client_.Call<dt::PlanRunsResponse>(kDepot, day + " again", again);
    for (const std::string& id : response.run_ids()) runs.push_back({id, 0, true, {}});
    second_attempts_.clear();
  }
  // Notices go out by 20:00 of the day before.
  set_clock_(AtMinute(BusinessDate(client_.now()), 20 * 60 + 1));
  for (OnTheRoad& run : runs) {
    run.crew = (std::stoi(RouteOf(run.run_id).substr(1)) - 1) % kCrews;
    run.stops = StopsOf(run.run_id);
    run_ids_.push_back(run.run_id);
    ++figures_.runs;
    figures_.stops += static_cast<int64_t>(run.stops.size());
  }
  return runs;
}

void DeliveryDays::Depart(const OnTheRoad& run) {
  dt::GetReconciliationRequest get;
  get.set_county_code(kCounty);
  get.set_run_id(run.run_id);
  const auto ledger = client_.Call<dt::GetReconciliationResponse>(kDepot, "", get);
  dt::LoadRunRequest load;
  load.set_county_code(kCounty);
  load.set_run_id(run.run_id);
  for (const dt::SkuBalance& sku : ledger.skus()) {
    load.add_loaded()->set_sku(sku.sku());
    load.mutable_loaded()->rbegin()->set_cartons(sku.planned_cartons());
  }
  client_.Call<dt::LoadRunResponse>(kDepot, run.run_id, load);
  dt::DepartRunRequest depart;
  depart.set_county_code(kCounty);
  depart.set_run_id(run.run_id);
  client_.Call<dt::DepartRunResponse>(kDepot, run.run_id, depart);
}

std::vector<DeliveryDays::Seen> DeliveryDays::DriveDay(int crew, const std::string& day,
                                                       const std::vector<OnTheRoad>& runs) {
  std::vector<Seen> seen;
  for (const OnTheRoad& run : runs) {
    if (run.crew != crew) continue;
    Draw draw(plan_.seed, "drive " + run.run_id);
    const bool breaks_down = !run.second_attempt && draw.Chance(150);
    const int64_t breakdown_at = draw.Below(std::max<int64_t>(1, static_cast<int64_t>(run.stops.size())));
    for (size_t i = 0; i < run.stops.size(); ++i) {
      const bool delayed = breaks_down && static_cast<int64_t>(i) >= breakdown_at;
      const absl::Time at = reference::FromWireTime(run.stops[i].promised_at()) +
                            absl::Minutes(draw.Below(4) + (delayed ? kBreakdownMinutes : 0));
      Visit(run, run.stops[i], at, seen);
    }
  }
  std::stable_sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.at < b.at; });
  for (Seen& entry : seen) {
    entry.event.set_sequence(next_sequence_[static_cast<size_t>(crew)]++);
    *entry.event.mutable_clock() = ClockAt(day, crew, entry.at);
  }
  return seen;
}

void DeliveryDays::Visit(const OnTheRoad& run, const dt::Stop& stop, absl::Time at, std::vector<Seen>& seen) {
  const Shop& shop = ShopOf(plan_, stop.licence());
  const Outcome outcome = run.second_attempt ? Outcome::kDelivered : OutcomeOf(plan_.seed, stop);
  Seen& arrival = seen.emplace_back();
  arrival.at = at;
  arrival.event.mutable_arrival()->set_stop_id(stop.stop_id());
  *arrival.event.mutable_arrival()->mutable_position() = At(shop, 200);
  Seen& end = seen.emplace_back();
  end.at = at + absl::Seconds(90);
  if (outcome == Outcome::kAbsent || outcome == Outcome::kRefused) {
    dt::StopUndeliveredReport& report = *end.event.mutable_undelivered();
    report.set_stop_id(stop.stop_id());
    report.set_cause(outcome == Outcome::kAbsent ? dt::UNDELIVERED_CAUSE_ABSENT
                                                 : dt::UNDELIVERED_CAUSE_REFUSED);
    *report.mutable_position() = At(shop, 200);
    report.set_photo_sha256(Image("closed " + stop.stop_id()));
    ++(outcome == Outcome::kAbsent ? figures_.absent : figures_.refused);
    return;
  }
  dt::StopReceiptReport& receipt = *end.event.mutable_receipt();
  receipt.set_stop_id(stop.stop_id());
  receipt.set_licence(stop.licence());
  receipt.set_card_id(shop.card);
  receipt.set_receiver_phone_hash(PhoneOf(plan_.seed, shop.licence));
  if (shop.number % 2 == 0) receipt.set_pin_hash(PinOf(plan_.seed, shop.licence));
  if (outcome == Outcome::kBorrowedCard) {
    receipt.set_card_id(plan_.shops[static_cast<size_t>(shop.number) % plan_.shops.size()].card);
  }
  receipt.set_signature_sha256(Image("signature " + stop.stop_id()));
  receipt.set_photo_sha256(Image("photo " + stop.stop_id()));
  *receipt.mutable_position() = At(shop, outcome == Outcome::kFarAway ? kFarOff : 200);
  ++figures_.receipts;
  if (run.second_attempt) ++figures_.redelivered;
}

void DeliveryDays::Upload(int crew, const std::string& day, const std::vector<Seen>& seen, size_t first,
                          size_t last, const std::string& name) {
  if (first == last) return;
  dt::UploadDeviceEventsRequest request;
  request.set_county_code(kCounty);
  request.set_device_key("device-" + CrewMember(crew));
  request.set_installation_id("install-1");
  *request.mutable_sent() = ClockAt(day, crew, client_.now());
  for (size_t i = first; i < last; ++i) *request.add_events() = seen[i].event;
  const auto response =
      client_.Call<dt::UploadDeviceEventsResponse>({CrewMember(crew), "DELIVERY_STAFF"}, name, request);
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  ++figures_.uploads;
  for (const dt::DeviceEventResult& result : response.results()) {
    if (result.status() != dt::DEVICE_EVENT_STATUS_ACCEPTED) {
      throw Unexpected("a device event was not accepted: " + result.ShortDebugString());
    }
    if (result.repeated_event()) ++figures_.repeated_events;
  }
}

void DeliveryDays::Return(const OnTheRoad& run, const std::string& next_day) {
  std::map<std::string, int64_t> back;
  for (const dt::Stop& stop : StopsOf(run.run_id)) {
    if (stop.state() == dt::STOP_STATE_RECEIPTED) continue;
    if (stop.state() != dt::STOP_STATE_ABSENT && stop.state() != dt::STOP_STATE_REFUSED) {
      throw Unexpected(fmt::format("stop {} is {}", stop.stop_id(), dt::StopState_Name(stop.state())));
    }
    for (const dt::SkuCartons& line : stop.lines()) back[line.sku()] += line.cartons();
    if (stop.state() != dt::STOP_STATE_ABSENT || next_day.empty() || run.second_attempt) continue;
    dt::ScheduleRedeliveryRequest request;
    request.set_county_code(kCounty);
    request.set_stop_id(stop.stop_id());
    request.set_delivery_date(next_day);
    client_.Call<dt::ScheduleRedeliveryResponse>(kServiceDesk, stop.stop_id(), request);
    second_attempts_[RouteOf(run.run_id)] = stop.stop_id();
  }
  dt::ReturnRunRequest request;
  request.set_county_code(kCounty);
  request.set_run_id(run.run_id);
  for (const auto& [sku, cartons] : back) {
    request.add_returned()->set_sku(sku);
    request.mutable_returned()->rbegin()->set_cartons(cartons);
  }
  dt::ReconcileRunRequest reconcile;
  reconcile.set_county_code(kCounty);
  reconcile.set_run_id(run.run_id);
  // On the last day the depot once counts a carton too few. That is an imbalance until it has counted again.
  if (next_day.empty() && !back.empty() && !std::exchange(miscounted_, true)) {
    dt::ReturnRunRequest short_count = request;
    dt::SkuCartons& first = *short_count.mutable_returned(0);
    first.set_cartons(first.cartons() - 1);
    client_.Call<dt::ReturnRunResponse>(kDepot, "short of " + run.run_id, short_count);
    if (client_.Call<dt::ReconcileRunResponse>(kDepot, "short of " + run.run_id, reconcile)
            .imbalances()
            .empty()) {
      throw Unexpected("run " + run.run_id + " balances with a carton too few");
    }
  }
  client_.Call<dt::ReturnRunResponse>(kDepot, run.run_id, request);
  client_.Call<dt::ReconcileRunResponse>(kDepot, run.run_id, reconcile);
}

void DeliveryDays::LookAtSuspects() {
  dt::ListReceiptsRequest request;
  request.set_county_code(kCounty);
  request.set_state(dt::RECEIPT_STATE_SUSPECT);
  request.set_page_size(kPageSize);
  std::vector<std::string> suspects;
  do {
    const auto page = client_.Call<dt::ListReceiptsResponse>(kServiceDesk, "", request);
    for (const dt::Receipt& receipt : page.receipts()) suspects.push_back(receipt.stop_id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  figures_.suspects = static_cast<int64_t>(suspects.size());
  for (const std::string& stop : suspects) {
    dt::ResolveReceiptRequest resolve;
    resolve.set_county_code(kCounty);
    resolve.set_stop_id(stop);
    resolve.set_basis(dt::VERDICT_BASIS_CALL);
    resolve.set_verdict(Draw(plan_.seed, "look " + stop).Chance(600) ? dt::RECEIPT_VERDICT_CONFIRMED_DIRECT
                                                                     : dt::RECEIPT_VERDICT_CONFIRMED_PROXY);
    client_.Call<dt::ResolveReceiptResponse>(kServiceDesk, stop, resolve);
    ++figures_.resolved;
  }
}

void DeliveryDays::Measure(const std::vector<std::string>& days) {
  for (const std::string& day : days) {
    dt::ListStopsRequest request;
    request.set_county_code(kCounty);
    request.set_delivery_date(day);
    request.set_page_size(kPageSize);
    do {
      const auto page = client_.Call<dt::ListStopsResponse>(kAuditor, "", request);
      for (const dt::Stop& stop : page.stops()) {
        switch (stop.punctuality()) {
          case dt::PUNCTUALITY_ON_TIME:
            ++figures_.on_time;
            break;
          case dt::PUNCTUALITY_EARLY:
            ++figures_.early;
            break;
          case dt::PUNCTUALITY_LATE:
            ++figures_.late;
            break;
          default:
            ++figures_.unverified;
        }
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
  }
  for (const std::string& run : run_ids_) {
    dt::GetReconciliationRequest get;
    get.set_county_code(kCounty);
    get.set_run_id(run);
    const auto ledger = client_.Call<dt::GetReconciliationResponse>(kAuditor, "", get);
    figures_.balanced = figures_.balanced && ledger.balanced() && ledger.state() == dt::RUN_STATE_RECONCILED;
    figures_.planned_cartons += ledger.planned_cartons();
    figures_.loaded_cartons += ledger.loaded_cartons();
    figures_.delivered_cartons += ledger.delivered_cartons();
    figures_.returned_cartons += ledger.returned_cartons();
    figures_.lost_cartons += ledger.lost_cartons();
  }
}

std::vector<dt::Stop> DeliveryDays::StopsOf(const std::string& run_id) {
  dt::ListStopsRequest request;
  request.set_county_code(kCounty);
  request.set_run_id(run_id);
  request.set_page_size(kPageSize);
  std::vector<dt::Stop> stops;
  do {
    auto page = client_.Call<dt::ListStopsResponse>(kDepot, "", request);
    for (dt::Stop& stop : *page.mutable_stops()) stops.push_back(std::move(stop));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return stops;
}

}  // namespace sanyuan::ctl::demo
