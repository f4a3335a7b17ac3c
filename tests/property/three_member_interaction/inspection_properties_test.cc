// Whatever people try, in any order and at any time: a fifth of each month was drawn by lot, nobody inspects alone,
// far away or a relative's shop, and nobody reviews what he did himself (R58).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/reference/wire_time.h"
#include "tests/support/inspection_county.h"

namespace sanyuan::testing {
namespace {

// What the month came to, so that a walk in which nothing ever happens is seen.
struct Reached {
  int64_t begun = 0, reviewed = 0, missed = 0, refused = 0;
};

template <typename T>
T OneOf(std::initializer_list<T> values) {
  return *rc::gen::elementOf(std::vector<T>(values));
}

class Walk {
 public:
  Walk() {
    county_.AddStaff("I3", common::v1::ROLE_INSPECTOR, "SQ1");
    county_.AddStaff("I4", common::v1::ROLE_INSPECTOR, "SQ2", {ThreeMemberCounty::Shop(2)});
    // A morning on which officers are under way already: otherwise few walks would ever come to a visit.
    for (const char* head : {"H1", "H2"}) {
      for (const std::string& id : county_.Drawn(2, "2019-08-05", "2019-08-05", head)) Send(id, head);
    }
  }

  void Step() {
    const partition::Outcome outcome = Try();
    reached_.refused += outcome.refused() ? 1 : 0;
    RC_ASSERT(county_.status().ok());
  }

  void Check() const {
    std::map<std::string, int32_t> planned;
    county_.state().inspections.ForEachFrom({0, ""}, [&](const auto& /*key*/, const auto& row) {
      CheckOne(row.get());
      ++planned[row.get().plan_id()];
      return true;
    });
    county_.state().inspection_plans.ForEachFrom({0, ""}, [&](const auto& /*key*/, const auto& row) {
      const tmi::InspectionPlan& plan = row.get();
      RC_ASSERT(plan.inspections() == planned[plan.plan_id()]);
      RC_ASSERT(plan.drawn() * 5 >= plan.inspections());
      return true;
    });
    RC_ASSERT(county_.domain().NextDue() > county_.now());
  }

  void CheckReplay() {
    RC_ASSERT(county_.Replayed()->store().StateDigest() == county_.domain().store().StateDigest());
  }

  Reached reached() const {
    Reached reached = reached_;
    county_.state().inspections.ForEachFrom({0, ""}, [&](const auto& /*key*/, const auto& row) {
      reached.begun += row.get().has_started() ? 1 : 0;
      reached.reviewed += row.get().has_reviewed_at() ? 1 : 0;
      reached.missed += row.get().state() == tmi::INSPECTION_STATE_MISSED ? 1 : 0;
      return true;
    });
    return reached;
  }

 private:
  static void CheckOne(const tmi::Inspection& inspection) {
    if (inspection.has_started()) {
      RC_ASSERT(inspection.on_site_ids_size() >= 2);
      absl::Time first = absl::InfiniteFuture(), last = absl::InfinitePast();
      for (const tmi::OfficerCheckIn& check_in : inspection.check_ins()) {
        if (!Holds(inspection.on_site_ids(), check_in.officer_id())) continue;
        const absl::Time at = reference::FromWireTime(check_in.time().at());
        first = std::min(first, at);
        last = std::max(last, at);
        RC_ASSERT(check_in.distance_m() <= 200);
        RC_ASSERT(!check_in.photo_sha256().empty());
        // I4 of squad SQ2 is kin of shop 2.
        RC_ASSERT(check_in.officer_id() != "I4" || inspection.licence() != ThreeMemberCounty::Shop(2));
      }
      RC_ASSERT(last - first <= absl::Minutes(10));
      RC_ASSERT(reference::FromWireTime(inspection.started().at()) <=
                reference::FromWireTime(inspection.record_due()));
    }
    if (inspection.has_reviewed_at()) {
      RC_ASSERT(!Holds(inspection.officer_ids(), inspection.reviewed_by()));
      RC_ASSERT(inspection.state() == tmi::INSPECTION_STATE_RECORDED ||
                inspection.state() == tmi::INSPECTION_STATE_DEALT ||
                inspection.dealt_by() != inspection.reviewed_by());
    }
  }
  template <typename Ids>
  static bool Holds(const Ids& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }

  partition::Outcome Send(const std::string& id, const std::string& head) {
    return head == "H1" ? county_.Dispatch(id, {"I1", "I2", "I3"}, head)
                        : county_.Dispatch(id, {"I5", "H2"}, head);
  }

  // One of the squad's most of the time.
  std::string SomeOfficer() const {
    if (*rc::gen::inRange(0, 8) == 0) return OneOf<std::string>({"I1", "I2", "I3", "I4", "I5", "H2"});
    return county_.inspection(last_).squad_id() == "SQ1" ? OneOf<std::string>({"I1", "I2", "I3"})
                                                         : OneOf<std::string>({"I5", "H2"});
  }

  // What people would do next, as the step's number in Try.
  int NextStep() const {
    switch (county_.inspection(last_).state()) {
      case tmi::INSPECTION_STATE_PLANNED:
      case tmi::INSPECTION_STATE_POSTPONED:
        return 5;
      case tmi::INSPECTION_STATE_DISPATCHED:
        return county_.inspection(last_).check_ins_size() < 2 ? 7 : 9;
      case tmi::INSPECTION_STATE_ON_SITE:
        return 10;
      case tmi::INSPECTION_STATE_RECORDED:
        return 11;
      case tmi::INSPECTION_STATE_DEALT:
        return 12;
      case tmi::INSPECTION_STATE_REVIEWED:
        return 13;
      default:
        return 0;
    }
  }

  std::string SomeInspection() const {
    std::vector<std::string> ids;
    if (*rc::gen::inRange(0, 20) == 0) return "620121-none";
    county_.state().inspections.ForEachFrom({0, ""}, [&](const auto& key, const auto& /*row*/) {
      ids.push_back(key.id);
      return true;
    });
    return *rc::gen::elementOf(ids);
  }

  partition::Outcome Try() {
    const std::string head = OneOf<std::string>({"H1", "H2"});
    const std::string date = OneOf<std::string>({"2019-08-05", "2019-08-06", "2019-09-03"});
    // People mostly go on with what they have begun.
    if (*rc::gen::inRange(0, 4) == 0 || last_.empty()) last_ = SomeInspection();
    const std::string officer = SomeOfficer();
    InspectionCounty::Field field;
    field.north_e6 = OneOf<int32_t>({0, 0, 0, 1'700, 2'500});
    field.offline = *rc::gen::inRange(0, 4) == 0;
    if (*rc::gen::inRange(0, 4) != 0) field.minutes_ago = *rc::gen::inRange<int64_t>(0, 12);
    switch (*rc::gen::inRange(0, 14) % 2 == 0 ? NextStep() : *rc::gen::inRange(0, 14)) {
      case 0:
        county_.Tick(county_.now() + absl::Minutes(OneOf({2, 15, 240})));
        return {};
      case 1:
        return county_.Draw(*rc::gen::inRange(0, 4), date, date, head);
      case 2:
      case 3: {
        auto request = InspectionCounty::PlanRequest(ThreeMemberCounty::Shop(*rc::gen::inRange(1, 6)), date);
        request.set_squad_id("SQ" + head.substr(1));
        return county_.Plan(request, head);
      }
      case 4:
        return county_.Postpone(last_, date, head);
      case 5:
      case 6:
        return *rc::gen::inRange(0, 4) == 0 ? county_.Dispatch(last_, {"I4", "I5"}, "H2") : Send(last_, head);
      case 7:
      case 8:
        // Mostly both come.
        county_.CheckIn(last_, officer, field);
        return county_.CheckIn(last_, SomeOfficer(), field);
      case 9:
        return county_.Begin(last_, officer, field);
      case 10:
        return county_.Record(last_, OneOf({tmi::INSPECTION_RESULT_NORMAL, tmi::INSPECTION_RESULT_ABNORMAL}),
                              officer, field);
      case 11:
        return county_.Deal(last_, *rc::gen::arbitrary<bool>() ? ThreeMemberCounty::Inspector(officer)
                                                               : ThreeMemberCounty::Head(head));
      case 12:
        return county_.Review(last_,
                              *rc::gen::arbitrary<bool>() ? ThreeMemberCounty::Head(head) : kCountyManager,
                              *rc::gen::inRange(0, 4) != 0);
      default:
        return county_.Close(last_, ThreeMemberCounty::Head(head));
    }
  }

  InspectionCounty county_;
  std::string last_;
  Reached reached_;
};

RC_GTEST_PROP(InspectionProperties, WhateverPeopleTryTheRulesOfInspectionsHold, ()) {
  Walk walk;
  const int steps = *rc::gen::resize(100, rc::gen::inRange(20, 150));
  for (int i = 0; i < steps; ++i) {
    walk.Step();
    walk.Check();
  }
  walk.CheckReplay();
  const Reached reached = walk.reached();
  RC_CLASSIFY(reached.begun > 0, "an inspection began");
  RC_CLASSIFY(reached.reviewed > 0, "an inspection was reviewed");
  RC_CLASSIFY(reached.missed > 0, "an inspection was missed");
  RC_CLASSIFY(reached.refused > 0, "something was refused");
}

}  // namespace
}  // namespace sanyuan::testing
