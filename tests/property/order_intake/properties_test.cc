// Invariants of order intake as properties against the real deciders: a small county lives through random
// interleavings of orders, amendments, cancellations, demand, offers, payments, voids, ceilings that move,
// policies that change, duplicates and staff who try to order; after every step everything is recomputed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/state/codec.h"
#include "services/order_intake/domain/order.h"
#include "services/order_intake/view.h"
#include "tests/property/order_intake/county_checks.h"
#include "tests/property/read_models.h"

namespace sanyuan::order_intake {
namespace {

using testing::Asked;
using testing::Findings;
using testing::Offer;
using testing::OrderIdOf;
using ::testing::SizeIs;

enum class Kind {
  kSubmit,
  kAmend,
  kCancel,
  kDemand,
  kCeiling,
  kPay,
  kOfferMore,
  kNextDay,
  kRules,
  kStaff,
  kRepeat,
  kSuspend,
  kKinds
};

struct Step {
  Kind kind = Kind::kSubmit;
  uint32_t a = 0, b = 0, c = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << static_cast<int>(step.kind) << "," << step.a << "," << step.b << "," << step.c << "}";
}

constexpr int kShops = 3;
constexpr int64_t kCap = 6;

std::string Shop(uint32_t n) { return "62012110000" + std::to_string(1 + n % kShops); }
std::string SkuNo(uint32_t n) { return "62000" + std::to_string(1 + n % 4); }

// The county with what a test has to remember about it itself.
class Life {
 public:
  Life() {
    for (uint32_t i = 0; i < kShops; ++i) {
      county_.AddRetailer(Shop(i));
      county_.OpenAllowance(Shop(i), "2019-08", 40, {15, 30, 40});
    }
    county_.CompleteMonth("2019-08");
    county_.AddStaff("AM07", {"phone-7"});
    county_.PublishTight("620121-tight-1", {"620003"}, testing::At("2019-07-01", 0, 0));
    county_.PublishRation("620121-ration-1", {{"620003", kCap}}, testing::At("2019-07-01", 0, 0));
    windows_.push_back(county_.OpenWindow("2019-08-05", {.occurrence = 1, .occurrences = 3}));
    county_.Schedule("2019-08-06", {.occurrence = 2, .occurrences = 3});
    windows_.emplace_back("620121-20190806-1");
    county_.Schedule("2019-08-08", {.occurrence = 3, .occurrences = 3});
    windows_.emplace_back("620121-20190808-1");
  }

  // What the step broke.
  Findings Do(const Step& step) {
    const auto before = testing::Brackets(county_.state());
    const auto locked = Locked();
    Findings findings = Act(step);
    const bool ceiling_moved = step.kind == Kind::kCeiling;
    for (auto& found : testing::CheckBrackets(before, testing::Brackets(county_.state()), ceiling_moved)) {
      findings.push_back("invariant 2, 3: " + found);
    }
    for (auto& found : testing::CheckLedgerAgainstOrders(county_.state()))
      findings.push_back("invariant 3: " + found);
    for (auto& found : testing::CheckJournalConservation(county_))
      findings.push_back("invariant 3, 24: " + found);
    for (auto& found : testing::CheckOrders(county_.state())) findings.push_back("invariant 5, 20: " + found);
    for (auto& found : testing::CheckCap(county_.state(), Code("620003"), kCap))
      findings.push_back("invariant 5: " + found);
    if (orders_.size() != county_.state().orders.size())
      findings.push_back("invariant 20: an order nobody sent");
    if (step.kind == Kind::kRules || step.kind == Kind::kCeiling || step.kind == Kind::kSuspend ||
        step.kind == Kind::kStaff) {
      if (locked != Locked()) findings.push_back("invariant 21, 27: locked orders changed");
    }
    CheckDemand(findings);
    CheckZero(findings);
    if (!county_.status().ok()) findings.push_back(std::string(county_.status().message()));
    return findings;
  }

  testing::OrderIntakeCounty& county() { return county_; }

 private:
  Findings Act(const Step& step) {
    switch (step.kind) {
      case Kind::kSubmit: {
        const std::string shop = Shop(step.a);
        const std::string id = OrderIdOf(county_.Submit(shop, WindowAt(step.b), Lines(step)));
        if (!id.empty()) Remember(id, shop, Lines(step));
        return {};
      }
      case Kind::kAmend: {
        if (orders_.empty()) return {};
        auto& [id, shop] = orders_[step.a % orders_.size()];
        const auto outcome = county_.Amend(shop, id, Lines(step));
        if (!outcome.refused()) said_on_lines_[id] = Lines(step);
        return {};
      }
      case Kind::kCancel: {
        if (orders_.empty()) return {};
        auto& [id, shop] = orders_[step.a % orders_.size()];
        const OrderState was = county_.OrderOf(id).state;
        const auto outcome = county_.Cancel(shop, id);
        if (was == OrderState::kCancelled && (outcome.refused() || !outcome.events.empty())) {
          return {"cancelling a cancelled order is no longer nothing"};
        }
        return {};
      }
      case Kind::kDemand: {
        const std::vector<std::pair<std::string, int64_t>> said{{SkuNo(step.c), step.b % 1000}};
        const std::string window = WindowAt(step.b);
        if (!county_.ReportDemand(Shop(step.a), window, said).refused())
          said_[{window, Shop(step.a)}] = said[0];
        return {};
      }
      case Kind::kCeiling:
        county_.OpenAllowance(Shop(step.a), "2019-08", step.b % 60,
                              {static_cast<int64_t>(step.b % 30), step.b % 60});
        return {};
      case Kind::kPay:
        if (!orders_.empty()) {
          county_.Pay(orders_[step.a % orders_.size()].first, step.b % 3 != 0,
                      "bank-" + std::to_string(step.c % 50), 1 + step.c % 3);
        }
        return {};
      case Kind::kOfferMore:
        return OfferMore(step);
      case Kind::kNextDay:
        county_.Tick(county_.now() + absl::Hours(1 + step.a % 20));
        ShareClosedWindows(step);
        return {};
      case Kind::kRules:
        return ChangeRules(step);
      case Kind::kStaff:
        return TryAsStaff(step);
      case Kind::kRepeat:
        return Repeat(step);
      case Kind::kSuspend:
        county_.AddRetailer(Shop(step.a), {.active = step.b % 3 != 0});
        return {};
      case Kind::kKinds:
        break;
    }
    return {};
  }

  std::string WindowAt(uint32_t n) const { return windows_[n % windows_.size()]; }

  static std::vector<Asked> Lines(const Step& step) {
    std::vector<Asked> lines;
    for (uint32_t i = 0; i <= step.c % 3; ++i) {
      Asked line{SkuNo(step.b + i), (step.c / 3 + i) % 9};
      if ((step.a + i) % 2 == 0) line.demand = step.b % 5000;
      lines.push_back(line);
    }
    return lines;
  }

  void Remember(const std::string& id, const std::string& shop, std::vector<Asked> lines) {
    orders_.emplace_back(id, shop);
    said_on_lines_[id] = std::move(lines);
  }

  // What a window's run gives: some of what was asked for, once, when it is closed.
  void ShareClosedWindows(const Step& step) {
    for (const std::string& window : windows_) {
      if (county_.state().windows.Find(*WindowId::Parse(window))->state != WindowState::kClosed) continue;
      if (!shared_.insert(window).second) continue;
      std::vector<Offer> offers = county_.FullOffers(window);
      for (Offer& offer : offers) {
        for (auto& [number, cartons] : offer.lines)
          cartons = std::max<int64_t>(0, cartons - (step.b + number) % 4);
      }
      county_.Publish("run-" + window, window, offers, false, 64 + step.c % 2000);
    }
  }

  // A compensating run offers whatever it likes; what does not fit must come back.
  Findings OfferMore(const Step& step) {
    if (orders_.empty()) return {};
    const auto& [id, shop] = orders_[step.a % orders_.size()];
    const Order& order = county_.OrderOf(id);
    const std::string window = WindowOf(*OrderId::Parse(id), order).Text();
    if (!shared_.contains(window)) return {};
    const uint32_t line = 1 + step.b % static_cast<uint32_t>(order.lines.size());
    const int64_t had = order.settlements.empty() ? 0 : order.settlements[line - 1].taken;
    const int64_t offered = 1 + step.c % 5;
    const auto events = county_.Publish("run-more", window, {{id, shop, {{line, offered}}}}, true);
    int64_t taken = 0, returned = 0;
    for (const auto& event : events) {
      for (const auto& l : testing::EventOf(event).allocation_taken().lines()) taken += l.taken_cartons();
      for (const auto& l : testing::EventOf(event).allocation_returned().lines())
        returned += l.offered_cartons();
    }
    if (taken + returned != offered) return {"an offer is neither taken nor returned"};
    if (county_.OrderOf(id).settlements[line - 1].taken != had + taken)
      return {"taken cartons are not the order's"};
    return {};
  }

  // Nothing of it counts for windows that are open or locked.
  Findings ChangeRules(const Step& step) {
    const std::string number = std::to_string(++versions_);
    switch (step.a % 3) {
      case 0:
        county_.ListSku("620004", 100, step.b % 2 == 0);
        break;
      case 1:
        county_.PublishRation("620121-ration-x" + number, {{"620003", step.b % (kCap + 1)}}, county_.now());
        break;
      default:
        county_.PublishTight("620121-tight-x" + number, {"620003", "620001"}, county_.now());
    }
    return {};
  }

  Findings TryAsStaff(const Step& step) {
    constexpr common::v1::Role kStaff[] = {common::v1::ROLE_ACCOUNT_MANAGER,
                                           common::v1::ROLE_MARKETING_MANAGER,
                                           common::v1::ROLE_DELIVERY_STAFF, common::v1::ROLE_INSPECTOR};
    const Digest orders = Encoded();
    v1::SubmitOrderRequest request;
    request.set_county_code("620121");
    request.set_licence(Shop(step.a));
    request.set_window_id(WindowAt(step.b));
    request.add_lines()->set_sku(SkuNo(step.c));
    const auto outcome = county_.Send({"AM07", kStaff[step.b % 4]},
                                      "/sanyuan.order_intake.v1.OrderService/SubmitOrder", request);
    if (!outcome.refused() || outcome.events.size() != 1 ||
        !testing::EventOf(outcome.events[0]).has_forbidden_action_attempted()) {
      return {"invariant 21: a staff member was not refused and recorded"};
    }
    if (Encoded() != orders) return {"invariant 21: a staff member changed something"};
    return {};
  }

  // What is said twice counts once: a repeated order whose request id is forgotten, a fact read again.
  Findings Repeat(const Step& step) {
    const std::string shop = Shop(step.a);
    v1::SubmitOrderRequest request;
    request.set_county_code("620121");
    request.set_licence(shop);
    request.set_window_id(WindowAt(step.b));
    for (const Asked& line : Lines(step)) {
      auto& out = *request.add_lines();
      out.set_sku(line.sku);
      out.set_requested_cartons(line.cartons);
    }
    const partition::Actor actor{shop, common::v1::ROLE_RETAILER};
    const char method[] = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
    const uint64_t number = 1000000 + ++repeats_;
    const auto first = county_.Send(actor, method, request, absl::InfinitePast(), number);
    if (first.refused() || !first.not_ready.empty()) return {};
    orders_.emplace_back(OrderIdOf(first), shop);
    const Digest after = Encoded();
    const auto second = county_.Send(actor, method, request, absl::InfinitePast(), number);
    if (OrderIdOf(second) != OrderIdOf(first) || Encoded() != after)
      return {"invariant 2: a repeat took effect"};
    return {};
  }

  std::map<std::string, std::string> Locked() const {
    std::map<std::string, std::string> locked;
    county_.state().orders.ForEach([&](const OrderId& id, const Order& order) {
      if (order.state != OrderState::kSubmitted) locked[id.Text()] = state::Encode(order);
    });
    return locked;
  }

  Digest Encoded() const {
    std::string text;
    county_.state().orders.ForEach([&](const OrderId& id, const Order& order) {
      state::EncodeTo(id, text);
      state::EncodeTo(order, text);
    });
    county_.state().allowances.ForEach([&](const AllowanceKey& key, const Allowance& row) {
      state::EncodeTo(key, text);
      state::EncodeTo(row, text);
    });
    return Sha256(text);
  }

  void CheckDemand(Findings& findings) const {
    for (const auto& [key, said] : said_) {
      const auto* row = county_.state().participations.Find(
          RetailerInWindow{*WindowId::Parse(key.first), Code(key.second)});
      if (row == nullptr || row->demand.size() != 1 || row->demand[0].sku.view() != said.first ||
          row->demand[0].cartons != said.second) {
        findings.push_back("invariant 19: what " + key.second + " said was changed");
      }
    }
    for (const auto& [id, lines] : said_on_lines_) {
      const Order& order = county_.OrderOf(id);
      for (size_t i = 0; i < lines.size(); ++i) {
        if (order.lines[i].demand != lines[i].demand.value_or(Line::kNothingSaid)) {
          findings.push_back("invariant 19: a line's demand was changed");
        }
      }
    }
  }

  // Whatever happened, any order that is still open can be set to nothing.
  void CheckZero(Findings& findings) const {
    for (const auto& [id, shop] : orders_) {
      const Order& order = county_.OrderOf(id);
      const Window* window = county_.state().windows.Find(WindowOf(*OrderId::Parse(id), order));
      if (order.state != OrderState::kSubmitted || window->state != WindowState::kOpen) continue;
      if (county_.now() >= window->cut_off + absl::Seconds(1)) continue;
      v1::AmendOrderRequest request;
      request.set_county_code("620121");
      request.set_order_id(id);
      for (const Line& line : order.lines) request.add_lines()->set_sku(line.sku.str());
      partition::Stamp stamp = county_.StampNow();
      stamp.actor = {shop, common::v1::ROLE_RETAILER};
      const auto outcome = DecideAmendOrder(county_.state(), request, stamp);
      if (outcome.refused() || !outcome.not_ready.empty())
        findings.push_back("invariant 1: zero was refused for " + id);
    }
  }

  testing::OrderIntakeCounty county_;
  std::vector<std::string> windows_;
  std::vector<std::pair<std::string, std::string>>
      orders_;  // Id and licence of every order that was accepted.
  std::map<std::string, std::vector<Asked>> said_on_lines_;
  std::map<std::pair<std::string, std::string>, std::pair<std::string, int64_t>> said_;
  std::set<std::string> shared_;
  int versions_ = 0;
  uint64_t repeats_ = 0;
};

rc::Gen<Step> AnyStep() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, static_cast<int>(Kind::kKinds)), rc::gen::inRange(0, 100000),
                     rc::gen::inRange(0, 100000), rc::gen::inRange(0, 100000)),
      [](const std::tuple<int, int, int, int>& drawn) {
        const auto [kind, a, b, c] = drawn;
        return Step{static_cast<Kind>(kind), static_cast<uint32_t>(a), static_cast<uint32_t>(b),
                    static_cast<uint32_t>(c)};
      });
}

RC_GTEST_PROP(OrderIntake, InvariantsHoldAfterEveryStepAndReplayEqualsLive, ()) {
  const auto steps = *rc::gen::scale(2.0, rc::gen::container<std::vector<Step>>(AnyStep()));
  Life life;
  for (const Step& step : steps) {
    const Findings findings = life.Do(step);
    if (!findings.empty()) RC_FAIL(findings.front());
  }
  const auto replayed = life.county().Replayed();
  RC_ASSERT(life.county().status().ok());
  RC_ASSERT(replayed->store().StateDigest() == life.county().domain().store().StateDigest());
}

RC_GTEST_PROP(OrderIntake, Invariant30ReadModelsAgreeAfterAnyRedelivery, ()) {
  const auto steps = *rc::gen::scale(2.0, rc::gen::container<std::vector<Step>>(AnyStep()));
  Life life;
  for (const Step& step : steps) life.Do(step);
  OrderIntakeDomain fresh;
  testing::CheckReadModels(life.county().records(), fresh, OrderIntakeProjection());
}

// The first property above is worth as much as its steps reach: over a few lives, every kind of event happens.
TEST(OrderIntakeSteps, ReachEveryKindOfEvent) {
  std::mt19937 random(7);
  const auto draw = [&random](uint32_t below) { return static_cast<uint32_t>(random() % below); };
  std::set<int> reached;
  for (int lives = 0; lives < 40; ++lives) {
    Life life;
    for (int i = 0; i < 150; ++i) {
      const Step step{static_cast<Kind>(draw(static_cast<uint32_t>(Kind::kKinds))), draw(100000),
                      draw(100000), draw(100000)};
      EXPECT_THAT(life.Do(step), SizeIs(0));
    }
    for (const auto& record : life.county().records()) {
      for (const std::string& bytes : record.events) {
        v1::Event event;
        EXPECT_TRUE(event.ParseFromString(bytes));
        reached.insert(event.event_case());
      }
    }
  }
  for (int i = 0; i < v1::Event::descriptor()->field_count(); ++i) {
    const auto* field = v1::Event::descriptor()->field(i);
    EXPECT_TRUE(reached.contains(field->number())) << field->name();
  }
}

// Invariant 28: whatever a device or another server says about the time, only the owner's clock and what lies
// within its tolerance decide who was in time.
RC_GTEST_PROP(OrderIntake, ForeignClocksChangeNoCutOffDecision, ()) {
  const int now = *rc::gen::inRange(-700, 700);  // Seconds around the cut-off.
  const int shift =
      *rc::gen::suchThat(rc::gen::inRange(-48 * 3600, 48 * 3600), [](int s) { return s < -300 || s > 2; });
  const auto in_time = [&](absl::Duration received) {
    testing::OrderIntakeCounty county;
    county.AddRetailer(Shop(0));
    county.OpenAllowance(Shop(0), "2019-08", 40);
    const std::string window = county.OpenWindow("2019-08-05");
    county.Tick(testing::At("2019-08-04", 23, 59, 59) + absl::Seconds(now));
    return !county.Submit(Shop(0), window, {{"620001", 1}}, county.now() + received).refused();
  };
  RC_ASSERT(in_time(absl::Seconds(shift)) == in_time(absl::ZeroDuration()));
  RC_ASSERT(in_time(absl::ZeroDuration()) == (now <= 0));
}

}  // namespace
}  // namespace sanyuan::order_intake
