#include "services/sanyuanctl/demo/inspection_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/members.h"

namespace sanyuan::ctl::demo {
namespace {

namespace tmi = three_member_interaction::v1;

constexpr char kFirstDay[] = "2019-08-14";
constexpr char kSecondDay[] = "2019-08-15";
constexpr int kDrawn = 2;
constexpr int kChosen = 3;
constexpr int kAbnormalPercent = 40;

template <typename Request>
Request About(const tmi::Inspection& inspection) {
  Request request;
  request.set_county_code(kCounty);
  request.set_inspection_id(inspection.inspection_id());
  return request;
}

void Expect(const Verdict& verdict, const std::string& reason, const std::string& what) {
  if (!verdict.Has(reason)) throw Unexpected(what + " was not refused with " + reason);
}

}  // namespace

InspectionDays::InspectionDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock)
    : client_(client), plan_(plan), set_clock_(std::move(set_clock)) {}

InspectionFigures InspectionDays::Play() {
  const Date first = ParseDate(kFirstDay).value();
  const Date second = ParseDate(kSecondDay).value();
  set_clock_(AtMinute(first, 8 * 60 + 30));
  for (size_t i = 0; i < kSquads; ++i) PlanSquad(SquadOf(i));
  Dispatch();
  // One shop of each squad after the other; what squad S2 records last has to wait for the net.
  std::vector<std::vector<Inspection>> rounds;
  for (size_t i = 0; i < kSquads; ++i) {
    const std::vector<Inspection> sent = In(tmi::INSPECTION_STATE_DISPATCHED, SquadOf(i));
    rounds.resize(std::max(rounds.size(), sent.size()));
    for (size_t round = 0; round < sent.size(); ++round) rounds[round].push_back(sent[round]);
  }
  std::vector<std::pair<Inspection, absl::Time>> waiting;
  for (size_t round = 0; round < rounds.size(); ++round) {
    set_clock_(AtMinute(first, 9 * 60 + 30 + static_cast<int32_t>(round) * 45));
    for (const Inspection& inspection : rounds[round]) Arrive(inspection);
    set_clock_(client_.now() + absl::Minutes(20));
    for (const Inspection& inspection : rounds[round]) {
      if (inspection.squad_id() == "S2" && round + 1 == rounds.size()) {
        waiting.emplace_back(inspection, client_.now());
      } else {
        Record(inspection, absl::ZeroDuration());
      }
    }
  }
  set_clock_(AtMinute(first, 15 * 60));
  Deal();
  set_clock_(AtMinute(first, 17 * 60));
  ReviewAndClose();

  set_clock_(AtMinute(second, 8 * 60 + 30));
  for (const auto& [inspection, at] : waiting) Record(inspection, client_.now() - at);
  Dispatch();
  set_clock_(AtMinute(second, 10 * 60));
  const std::vector<Inspection> put_off = In(tmi::INSPECTION_STATE_DISPATCHED);
  for (const Inspection& inspection : put_off) Arrive(inspection);
  set_clock_(AtMinute(second, 10 * 60 + 20));
  for (const Inspection& inspection : put_off) Record(inspection, absl::ZeroDuration());
  set_clock_(AtMinute(second, 11 * 60));
  Deal();
  set_clock_(AtMinute(second, 12 * 60));
  ReviewAndClose();
  Count();
  return figures_;
}

std::set<std::string> InspectionDays::PlannedShops() {
  std::set<std::string> licences;
  for (const Inspection& inspection : In(tmi::INSPECTION_STATE_UNSPECIFIED)) {
    licences.insert(inspection.licence());
  }
  return licences;
}

void InspectionDays::PlanSquad(const std::string& squad) {
  const Caller head = HeadOf(squad);
  tmi::PlanInspectionRequest choose;
  choose.set_county_code(kCounty);
  choose.set_squad_id(squad);
  choose.set_date(kFirstDay);
  // One that no other squad has planned already.
  const std::set<std::string> planned = PlannedShops();
  const auto free = std::find_if(plan_.shops.begin(), plan_.shops.end(),
                                 [&](const Shop& shop) { return !planned.contains(shop.licence); });
  if (free == plan_.shops.end()) throw Unexpected("every shop is planned already");
  choose.set_licence(free->licence);
  choose.set_reason(tmi::ANALYSIS_REASON_ROUTINE);
  tmi::PlanInspectionResponse chosen;
  Expect(client_.Try(head, "before the lot", choose, &chosen), "RATIO_RANGE", "a plan without shops by lot");

  tmi::DrawInspectionsRequest draw;
  draw.set_county_code(kCounty);
  draw.set_squad_id(squad);
  draw.set_from_date(kFirstDay);
  draw.set_to_date(kFirstDay);
  draw.set_count(kDrawn);
  draw.set_unannounced(true);
  client_.Call<tmi::DrawInspectionsResponse>(head, "lot", draw);

  // Large retailers first (R55), then others.
  std::set<std::string> taken = PlannedShops();
  Draw lots(plan_.seed, "inspections of " + squad);
  const auto offset = static_cast<size_t>(lots.Below(static_cast<int64_t>(plan_.shops.size())));
  for (int i = 0; i < kChosen; ++i) {
    const bool large = i == 0;
    for (size_t k = 0; k < 2 * plan_.shops.size(); ++k) {
      const Shop& shop = plan_.shops[(offset + k) % plan_.shops.size()];
      // A small county may have no large retailer left.
      if ((large && !shop.large && k < plan_.shops.size()) || !taken.insert(shop.licence).second) continue;
      choose.set_licence(shop.licence);
      choose.set_reason(shop.large ? tmi::ANALYSIS_REASON_LARGE_RETAILER : tmi::ANALYSIS_REASON_ROUTINE);
      client_.Call<tmi::PlanInspectionResponse>(head, shop.licence, choose);
      break;
    }
  }
}

// On the first day squad S1 puts one off, and squad S3 forgets one.
void InspectionDays::Dispatch() {
  for (const tmi::InspectionState state : {tmi::INSPECTION_STATE_PLANNED, tmi::INSPECTION_STATE_POSTPONED}) {
    std::set<std::string> seen;
    for (const Inspection& inspection : In(state)) {
      const Caller head = HeadOf(inspection.squad_id());
      const bool first_chosen = inspection.reason() != tmi::ANALYSIS_REASON_DRAWN &&
                                seen.insert(inspection.squad_id()).second &&
                                state == tmi::INSPECTION_STATE_PLANNED;
      if (first_chosen && inspection.squad_id() == "S3") continue;
      if (first_chosen && inspection.squad_id() == "S1") {
        auto postpone = About<tmi::PostponeInspectionRequest>(inspection);
        postpone.set_reason(tmi::POSTPONE_REASON_WEATHER);
        postpone.set_date(kSecondDay);
        client_.Call<tmi::PostponeInspectionResponse>(head, inspection.licence(), postpone);
        continue;
      }
      if (state == tmi::INSPECTION_STATE_POSTPONED &&
          inspection.date() != DateText(BusinessDate(client_.now()))) {
        continue;
      }
      auto dispatch = About<tmi::DispatchInspectionRequest>(inspection);
      for (const int number : {1, 2}) {
        dispatch.add_officer_ids(OfficerOf(inspection.squad_id(), number).id);
      }
      client_.Call<tmi::DispatchInspectionResponse>(head, inspection.licence(), dispatch);
    }
  }
}

void InspectionDays::Arrive(const Inspection& inspection) {
  const Shop& shop = ShopOf(inspection);
  const auto begin = About<tmi::StartInspectionRequest>(inspection);
  const Caller first = OfficerOf(inspection.squad_id(), 1);
  for (const int number : {1, 2}) {
    auto check_in = About<tmi::CheckInOfficerRequest>(inspection);
    check_in.mutable_position()->set_latitude_e6(shop.latitude_e6 + 100 * number);
    check_in.mutable_position()->set_longitude_e6(shop.longitude_e6);
    check_in.mutable_position()->set_accuracy_m(10);
    check_in.set_photo_sha256(Evidence(fmt::format("front of {} {}", shop.licence, number)));
    client_.Call<tmi::CheckInOfficerResponse>(OfficerOf(inspection.squad_id(), number), shop.licence,
                                              check_in);
    if (std::exchange(tried_alone_, true)) continue;
    tmi::StartInspectionResponse none;
    Expect(client_.Try(first, "alone", begin, &none), "OFFICERS_TOO_FEW", "an officer alone");
  }
  tmi::ListInspectionsRequest list;
  list.set_county_code(kCounty);
  const auto hidden = client_.Call<tmi::ListInspectionsResponse>(RetailerOf(shop), "", list);
  if (inspection.unannounced() != (hidden.inspections_size() == 0)) {
    throw Unexpected("the shop of inspection " + inspection.inspection_id() + " saw " +
                     std::to_string(hidden.inspections_size()) + " of them before it began");
  }
  client_.Call<tmi::StartInspectionResponse>(first, shop.licence, begin);
}

void InspectionDays::Record(const Inspection& inspection, absl::Duration ago) {
  auto record = About<tmi::RecordInspectionRequest>(inspection);
  Draw draw(plan_.seed, "finding at " + inspection.licence());
  record.set_result(tmi::INSPECTION_RESULT_NORMAL);
  if (draw.Below(100) < kAbnormalPercent) {
    record.set_result(tmi::INSPECTION_RESULT_ABNORMAL);
    record.add_codes(draw.Below(2) == 0 ? tmi::ABNORMAL_CODE_PRICE : tmi::ABNORMAL_CODE_OFF_CHANNEL);
    record.add_evidence_sha256(Evidence("shelf of " + inspection.licence()));
  }
  if (ago > absl::ZeroDuration()) {
    *record.mutable_offline()->mutable_device_time() = reference::ToWireTime(client_.now() - ago);
    record.mutable_offline()->set_elapsed_ms(absl::ToInt64Milliseconds(ago));
  }
  const auto done = client_.Call<tmi::RecordInspectionResponse>(OfficerOf(inspection.squad_id(), 1),
                                                                inspection.licence(), record);
  if (!done.on_time()) throw Unexpected("inspection " + inspection.inspection_id() + " was recorded late");
}

void InspectionDays::Deal() {
  for (const Inspection& inspection : In(tmi::INSPECTION_STATE_RECORDED)) {
    auto deal = About<tmi::DealInspectionRequest>(inspection);
    deal.set_education(true);
    if (!std::exchange(tried_to_punish_, true)) {
      tmi::DealInspectionResponse none;
      Expect(client_.Try({AccountManager(ShopOf(inspection).account_manager), "ACCOUNT_MANAGER"}, "punish",
                         deal, &none),
             "FORBIDDEN_ACTION", "a measure of an account manager");
    }
    if (inspection.codes(0) == tmi::ABNORMAL_CODE_PRICE) {
      deal.mutable_ticket()->set_type(tmi::TICKET_TYPE_MARKETING);
      deal.mutable_ticket()->set_severity(tmi::TICKET_SEVERITY_S3);
    } else {
      deal.mutable_clue()->set_type(tmi::CLUE_TYPE_OFF_CHANNEL);
      deal.mutable_clue()->set_grade(tmi::CLUE_GRADE_B);
    }
    client_.Call<tmi::DealInspectionResponse>(OfficerOf(inspection.squad_id(), 2), inspection.licence(),
                                              deal);
  }
}

void InspectionDays::ReviewAndClose() {
  for (const Inspection& inspection : In(tmi::INSPECTION_STATE_DEALT)) {
    const Caller head = HeadOf(inspection.squad_id());
    auto review = About<tmi::ReviewInspectionRequest>(inspection);
    review.set_approved(true);
    client_.Call<tmi::ReviewInspectionResponse>(head, inspection.licence(), review);
    client_.Call<tmi::CloseInspectionResponse>(head, inspection.licence(),
                                               About<tmi::CloseInspectionRequest>(inspection));
  }
}

void InspectionDays::Count() {
  for (const Inspection& inspection : In(tmi::INSPECTION_STATE_UNSPECIFIED)) {
    ++figures_.planned;
    if (inspection.reason() == tmi::ANALYSIS_REASON_DRAWN) ++figures_.drawn;
    if (inspection.state() == tmi::INSPECTION_STATE_CLOSED) {
      ++figures_.closed;
    } else if (inspection.state() == tmi::INSPECTION_STATE_MISSED) {
      ++figures_.missed;
    } else {
      ++figures_.open;
    }
    if (inspection.postponements() > 0) ++figures_.postponed;
    if (inspection.recorded().offline()) ++figures_.offline;
    if (inspection.result() == tmi::INSPECTION_RESULT_ABNORMAL) ++figures_.abnormal;
    figures_.tickets += inspection.ticket_ids_size();
    figures_.clues += inspection.clue_ids_size();
  }
}

const Shop& InspectionDays::ShopOf(const Inspection& inspection) const {
  return plan_.shops[static_cast<size_t>(std::stoi(inspection.licence().substr(7))) - 1];
}

std::vector<tmi::Inspection> InspectionDays::In(tmi::InspectionState state, const std::string& squad) {
  tmi::ListInspectionsRequest request;
  request.set_county_code(kCounty);
  request.set_state(state);
  request.set_squad_id(squad);
  request.set_page_size(kPageSize);
  std::vector<Inspection> inspections;
  do {
    auto page = client_.Call<tmi::ListInspectionsResponse>(kCountyManager, "", request);
    for (Inspection& inspection : *page.mutable_inspections()) inspections.push_back(std::move(inspection));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  std::sort(inspections.begin(), inspections.end(),
            [](const Inspection& a, const Inspection& b) { return a.licence() < b.licence(); });
  return inspections;
}

}  // namespace sanyuan::ctl::demo
