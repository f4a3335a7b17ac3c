#include "services/three_member_interaction/domain/inspection_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/clock/business_time.h"
#include "common/digest/digest.h"
#include "common/reference/refusals.h"
#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons.

// Keeps one decision, and one plan's row, of a bounded size.
constexpr int32_t kMostAtOnce = 200;
constexpr int32_t kMostInPlan = 5'000;

std::string MonthText(Date date) { return DateText(date).substr(0, 7); }

absl::Time RecordDue(const Rules& rules, Date date) {
  return AtMinute(date, rules.policy().inspection_record_minute_of_day());
}

// A day whose inspections can still be made; INVALID_FIELD otherwise.
std::optional<Date> CheckDate(const std::string& text, const std::optional<Rules>& rules, absl::Time now,
                              const std::string& field, Refusals& refusals) {
  const auto date = ParseDate(text);
  if (!date) {
    Refuse(refusals, REASON_INVALID_FIELD, field);
  } else if (rules && RecordDue(*rules, *date) <= now) {
    Refuse(refusals, REASON_INVALID_FIELD, field, "this day is over");
  }
  return date;
}

void CheckHead(const State& state, County county, const std::string& squad_id, const Stamp& stamp,
               Refusals& refusals) {
  if (IsHeadOf(state, county, stamp.actor.id, squad_id)) return;
  Refuse(refusals, REASON_NOT_ASSIGNED_TO_CALLER, "squad_id");
}

template <typename Visit>
void ForEachPlanned(const State& state, County county, Date month, Visit visit) {
  const PlannedShopKey first{county, MonthNumber(month), Code(), ""};
  state.planned_shops.ForEachFrom(first, [&](const PlannedShopKey& key, const Present&) {
    if (key.county != first.county || key.month != first.month) return false;
    visit(key);
    return true;
  });
}

void CheckDayFree(const State& state, County county, const std::string& licence, Date date,
                  Refusals& refusals) {
  ForEachPlanned(state, county, date, [&](const PlannedShopKey& key) {
    if (key.licence.view() != licence) return;
    const v1::Inspection* other = FindThing(state.inspections, county, key.inspection);
    if (other == nullptr || other->date() != DateText(date)) return;
    Refuse(refusals, REASON_ALREADY_EXISTS, "date", key.inspection);
  });
}

// As it stands; one without a freezing time is not opened yet.
v1::InspectionPlan KnownPlan(const State& state, County county, const std::string& squad_id, Date month) {
  const std::string id = InspectionPlanId(county, squad_id, MonthText(month));
  if (const auto* known = FindThing(state.inspection_plans, county, id)) return *known;
  v1::InspectionPlan plan;
  plan.set_plan_id(id);
  plan.set_county_code(CountyText(county));
  plan.set_squad_id(squad_id);
  plan.set_month(MonthText(month));
  return plan;
}

// The squad's plan of a month, opened when there is none yet, and the inspections that are added to it.
class Planner {
 public:
  Planner(const State& state, County county, const Rules& rules, const Stamp& stamp,
          const std::string& squad_id, Date month)
      : county_(county),
        rules_(rules),
        stamp_(stamp),
        plan_(KnownPlan(state, county, squad_id, month), rules, stamp) {
    if (!plan_.thing().has_freezes_at()) Open(month);
  }

  const v1::InspectionPlan& plan() const { return plan_.thing(); }

  std::string Add(const std::string& licence, Date date, v1::AnalysisReason reason, bool unannounced,
                  const v1::SealedText* analysis) {
    v1::Inspection inspection;
    inspection.set_inspection_id(partition::DeriveId(county_, stamp_, added_++));
    inspection.set_county_code(CountyText(county_));
    inspection.set_plan_id(plan().plan_id());
    inspection.set_squad_id(plan().squad_id());
    inspection.set_licence(licence);
    InspectionWork work(std::move(inspection), rules_, stamp_);
    work.Emit(&v1::Event::mutable_inspection_planned, v1::INSPECTION_STATE_PLANNED,
              [&](v1::InspectionPlanned& planned) {
                planned.set_reason(reason);
                if (analysis != nullptr) *planned.mutable_analysis() = *analysis;
                planned.set_unannounced(unannounced);
                planned.set_unplanned(plan().state() == v1::INSPECTION_PLAN_STATE_FROZEN);
                planned.set_planned_by(stamp_.actor.id);
                planned.set_date(DateText(date));
                *planned.mutable_record_due() = ToWireTime(RecordDue(rules_, date));
              });
    Keep(work.TakeEvents());
    v1::PlanChange change = ChangeOf(v1::PLAN_CHANGE_KIND_ADDED, work.thing().inspection_id());
    change.set_to_date(DateText(date));
    Log(std::move(change), reason == v1::ANALYSIS_REASON_DRAWN);
    return work.thing().inspection_id();
  }

  v1::PlanChange ChangeOf(v1::PlanChangeKind kind, const std::string& inspection_id) const {
    v1::PlanChange change;
    change.set_kind(kind);
    change.set_inspection_id(inspection_id);
    change.set_changed_by(stamp_.actor.id);
    *change.mutable_at() = ToWireTime(stamp_.decided_at);
    return change;
  }
  void Log(v1::PlanChange change, bool drawn) {
    plan_.Emit(&v1::Event::mutable_inspection_plan_changed, plan().state(),
               [&](v1::InspectionPlanChanged& changed) {
                 *changed.mutable_change() = std::move(change);
                 changed.set_drawn(drawn);
               });
    Keep(plan_.TakeEvents());
  }

  std::vector<partition::EventPtr> TakeEvents() { return std::exchange(events_, {}); }

 private:
  // A plan that begins after the day that freezes it holds nothing but changes.
  void Open(Date month) {
    const absl::Time freezes_at =
        StartOfDay(Date(month.year(), month.month(), rules_.policy().inspection_plan_frozen_day_of_month()));
    const bool late = freezes_at <= stamp_.decided_at;
    plan_.Emit(
        &v1::Event::mutable_inspection_plan_opened,
        late ? v1::INSPECTION_PLAN_STATE_FROZEN : v1::INSPECTION_PLAN_STATE_OPEN,
        [&](v1::InspectionPlanOpened& opened) { *opened.mutable_freezes_at() = ToWireTime(freezes_at); });
    Keep(plan_.TakeEvents());
  }
  void Keep(std::vector<partition::EventPtr> events) {
    for (auto& event : events) events_.push_back(std::move(event));
  }

  const County county_;
  const Rules& rules_;
  const Stamp& stamp_;
  PlanWork plan_;
  std::vector<partition::EventPtr> events_;
  uint32_t added_ = 0;
};

// The random part, with the one that is to be added.
void CheckRandomPart(const v1::InspectionPlan& plan, const Rules& rules, Refusals& refusals) {
  const int64_t total = plan.inspections() + 1;
  if (plan.drawn() * kWholeBp >= total * rules.policy().inspection_random_bp()) return;
  Refusal& refusal = Refuse(refusals, REASON_RATIO_RANGE, "reason", "draw more by lot first");
  refusal.set_limit(rules.policy().inspection_random_bp());
  refusal.set_value(plan.drawn() * kWholeBp / total);
}

void CheckRoom(const v1::InspectionPlan& plan, int64_t count, Refusals& refusals) {
  if (plan.inspections() + count <= kMostInPlan) return;
  Refusal& refusal = Refuse(refusals, REASON_BATCH_SIZE, "", "the plan is full");
  refusal.set_limit(kMostInPlan);
  refusal.set_value(plan.inspections() + count);
}

using Lot = std::array<uint8_t, 32>;

// The shops that the squad may draw in a month, each with its lot; the lowest win.
std::vector<std::pair<Lot, std::string>> Candidates(const State& state, County county,
                                                    const v1::DrawInspectionsRequest& request, Date month,
                                                    const std::string& salt) {
  std::set<std::string> excluded;
  ForEachPlanned(state, county, month,
                 [&](const PlannedShopKey& key) { excluded.insert(key.licence.str()); });
  state.staff.ForEachFrom({county, Code()}, [&](const CodeKey& key, const Staff& staff) {
    if (key.county != county) return false;
    if (!staff.active || staff.unit != request.squad_id()) return true;
    for (const Code& relative : staff.relatives) excluded.insert(relative.str());
    return true;
  });
  std::vector<std::pair<Lot, std::string>> lots;
  state.retailers.ForEachFrom({county, Code()}, [&](const CodeKey& key, const Retailer& shop) {
    if (key.county != county) return false;
    const std::string licence = key.code.str();
    if (!shop.active || (request.key_shops_only() && !shop.key_shop) || excluded.contains(licence))
      return true;
    lots.emplace_back(Sha256(salt + licence).bytes, licence);
    return true;
  });
  return lots;
}

}  // namespace

std::string InspectionPlanId(County county, const std::string& squad_id, const std::string& month) {
  return partition::DeriveId(county, "inspection.plan", month + "/" + squad_id);
}

Outcome DecidePlanInspection(const State& state, const v1::PlanInspectionRequest& request,
                             const Stamp& stamp) {
  Refusals refusals;
  const auto county = CheckCounty(request.county_code(), refusals);
  const auto rules = county ? RulesFor(state, *county, stamp.decided_at) : std::nullopt;
  CheckEnum(request.reason(), v1::AnalysisReason_IsValid, "reason", refusals);
  if (request.reason() == v1::ANALYSIS_REASON_DRAWN) {
    Refuse(refusals, REASON_INVALID_FIELD, "reason", "drawn by the server alone");
  }
  CheckSealedText(request.analysis(), "analysis", {request.licence(), stamp.actor.id}, refusals);
  const auto date = CheckDate(request.date(), rules, stamp.decided_at, "date", refusals);
  if (county) {
    CheckHead(state, *county, request.squad_id(), stamp, refusals);
    const auto licence = Code::Parse(request.licence());
    const Retailer* shop = licence ? state.retailers.Find({*county, *licence}) : nullptr;
    if (shop == nullptr) {
      Refuse(refusals, REASON_LICENCE_UNKNOWN, "licence", request.licence());
    } else if (!shop->active) {
      Refuse(refusals, REASON_LICENCE_NOT_ACTIVE, "licence", request.licence());
    }
    if (rules) {
      CheckSquad(
          state, *county, request.squad_id(), rules->policy().inspection_officers(),
          [&](const std::string& member) { return IsKin(state, *county, request.licence(), member); },
          refusals);
    }
    if (date) CheckDayFree(state, *county, request.licence(), *date, refusals);
    if (date && rules) {
      const v1::InspectionPlan plan = KnownPlan(state, *county, request.squad_id(), *date);
      CheckRandomPart(plan, *rules, refusals);
      CheckRoom(plan, 1, refusals);
    }
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  if (!rules) return NoPolicyYet();
  Planner planner(state, *county, *rules, stamp, request.squad_id(), *date);
  v1::PlanInspectionResponse response;
  response.set_plan_id(planner.plan().plan_id());
  response.set_inspection_id(planner.Add(request.licence(), *date, request.reason(), request.unannounced(),
                                         request.has_analysis() ? &request.analysis() : nullptr));
  return Answered(planner.TakeEvents(), std::move(response));
}

Outcome DecideDrawInspections(const State& state, const v1::DrawInspectionsRequest& request,
                              const Stamp& stamp) {
  Refusals refusals;
  const auto county = CheckCounty(request.county_code(), refusals);
  const auto rules = county ? RulesFor(state, *county, stamp.decided_at) : std::nullopt;
  const auto from = CheckDate(request.from_date(), rules, stamp.decided_at, "from_date", refusals);
  const auto to = ParseDate(request.to_date());
  if (!to || (from && (*to < *from || MonthNumber(*to) != MonthNumber(*from)))) {
    Refuse(refusals, REASON_INVALID_FIELD, "to_date");
  }
  reference::CheckRange(request.count(), 1, kMostAtOnce, "count", refusals);
  if (county) CheckHead(state, *county, request.squad_id(), stamp, refusals);
  if (!refusals.empty()) return Refused(std::move(refusals));
  if (!rules) return NoPolicyYet();

  std::vector<Date> days;
  for (Date day = *from; day <= *to; ++day) {
    if (rules->calendar.IsWorkingDay(day)) days.push_back(day);
  }
  if (days.empty()) Refuse(refusals, REASON_INVALID_FIELD, "from_date", "no working day");
  const std::string salt = DrawSalt(stamp);
  auto lots = Candidates(state, *county, request, *from, salt);
  if (lots.empty()) Refuse(refusals, REASON_NOT_FOUND, "", "no shop is left to draw");
  const size_t count = std::min(lots.size(), static_cast<size_t>(request.count()));
  Planner planner(state, *county, *rules, stamp, request.squad_id(), *from);
  CheckRoom(planner.plan(), static_cast<int64_t>(count), refusals);
  if (!refusals.empty()) return Refused(std::move(refusals));
  std::partial_sort(lots.begin(), lots.begin() + static_cast<std::ptrdiff_t>(count), lots.end());
  v1::DrawInspectionsResponse response;
  response.set_plan_id(planner.plan().plan_id());
  for (size_t i = 0; i < count; ++i) {
    const auto& [lot, licence] = lots[i];
    // The last bytes of the lot: the first ones won it.
    const size_t day = (size_t{lot[30]} << 8 | lot[31]) % days.size();
    response.add_inspection_ids(
        planner.Add(licence, days[day], v1::ANALYSIS_REASON_DRAWN, request.unannounced(), nullptr));
  }
  return Answered(planner.TakeEvents(), std::move(response));
}

Outcome DecidePostponeInspection(const State& state, const v1::PostponeInspectionRequest& request,
                                 const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require(
      {v1::INSPECTION_STATE_PLANNED, v1::INSPECTION_STATE_DISPATCHED, v1::INSPECTION_STATE_POSTPONED});
  opened.RequireHead(state, stamp);
  CheckEnum(request.reason(), v1::PostponeReason_IsValid, "reason", opened.refusals);
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  const auto date = CheckDate(request.date(), rules, stamp.decided_at, "date", opened.refusals);
  const auto before = opened.thing == nullptr ? std::nullopt : ParseDate(opened.thing->date());
  if (date && before) {
    if (*date == *before || MonthNumber(*date) != MonthNumber(*before)) {
      Refuse(opened.refusals, REASON_INVALID_FIELD, "date", "another day of the same month");
    }
    CheckDayFree(state, *opened.county, opened.thing->licence(), *date, opened.refusals);
  }
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  if (!rules) return NoPolicyYet();
  InspectionWork work(*opened.thing, *rules, stamp);
  work.Emit(&v1::Event::mutable_inspection_postponed, v1::INSPECTION_STATE_POSTPONED,
            [&](v1::InspectionPostponed& postponed) {
              postponed.set_reason(request.reason());
              postponed.set_postponed_by(stamp.actor.id);
              postponed.set_date(request.date());
              *postponed.mutable_record_due() = ToWireTime(RecordDue(*rules, *date));
            });
  std::vector<partition::EventPtr> events = work.TakeEvents();
  Planner planner(state, *opened.county, *rules, stamp, opened.thing->squad_id(), *date);
  v1::PlanChange change = planner.ChangeOf(v1::PLAN_CHANGE_KIND_POSTPONED, request.inspection_id());
  change.set_reason(request.reason());
  change.set_from_date(opened.thing->date());
  change.set_to_date(request.date());
  planner.Log(std::move(change), false);
  for (auto& event : planner.TakeEvents()) events.push_back(std::move(event));
  return Answered<v1::PostponeInspectionResponse>(std::move(events));
}

Outcome FirePlanTimer(const State& state, County county, const v1::InspectionPlan& plan, const Stamp& stamp) {
  Outcome outcome;
  // Policies stay once they have begun, and the plan was opened under one.
  const auto rules = RulesFor(state, county, stamp.decided_at);
  if (!rules) return outcome;
  PlanWork work(plan, *rules, stamp);
  work.Emit(&v1::Event::mutable_inspection_plan_frozen, v1::INSPECTION_PLAN_STATE_FROZEN,
            [&](v1::InspectionPlanFrozen& frozen) {
              frozen.set_inspections(plan.inspections());
              frozen.set_drawn(plan.drawn());
            });
  outcome.events = work.TakeEvents();
  return outcome;
}

}  // namespace sanyuan::three_member_interaction
