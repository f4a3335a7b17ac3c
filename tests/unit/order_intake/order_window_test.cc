#include "services/order_intake/domain/order_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order_intake/domain/window_closing.h"
#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::At;
using testing::EventOf;
using testing::Find;
using ::testing::IsEmpty;
using testing::OrderIdOf;
using ::testing::SizeIs;

using testing::kShop;

class OrderWindowTest : public ::testing::Test {
 protected:
  OrderWindowTest() {
    for (int i = 1; i <= 3; ++i) {
      const std::string shop = "62012110000" + std::to_string(i);
      county_.AddRetailer(shop);
      county_.OpenAllowance(shop, "2019-08", 1000);
    }
  }
  ~OrderWindowTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  const Window& WindowRow(const std::string& id) {
    return *county_.state().windows.Find(*WindowId::Parse(id));
  }
  // All events recorded so far of one kind.
  std::vector<v1::Event> Recorded(v1::Event::EventCase which) {
    std::vector<v1::Event> events;
    for (const auto& record : county_.records()) {
      for (const std::string& bytes : record.events) {
        v1::Event event;
        EXPECT_TRUE(event.ParseFromString(bytes));
        if (event.event_case() == which) events.push_back(std::move(event));
      }
    }
    return events;
  }

  testing::OrderIntakeCounty county_;
  const absl::Time cut_off_ = At("2019-08-04", 23, 59, 59);
};

TEST_F(OrderWindowTest, OrderReceivedInTheLastSecondIsTaken) {
  const std::string window = county_.OpenWindow("2019-08-05");
  county_.Tick(cut_off_ + absl::Seconds(3));
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window, {{"620001", 1}}, cut_off_)), "");
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window, {{"620001", 1}}, cut_off_ + absl::Milliseconds(999))),
            "");
}

TEST_F(OrderWindowTest, OrderReceivedOneSecondLaterIsRefusedAndNamesTheNextWindow) {
  const std::string window = county_.OpenWindow("2019-08-05");
  county_.Schedule("2019-08-11", {.routes = {"R77"}});
  county_.Schedule("2019-08-12");
  county_.Tick(cut_off_ + absl::Seconds(3));
  const auto outcome = county_.Submit(kShop, window, {{"620001", 1}}, cut_off_ + absl::Seconds(1));
  const auto* refusal = Find(outcome, common::v1::REASON_WINDOW_CLOSED);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->detail(), "620121-20190812-1 opens 2019-08-10T12:00:00+08:00")
      << "the next of his own route";
}

TEST_F(OrderWindowTest, CallThatReachedAServerBeforeTheCutOffIsTakenDuringGrace) {
  const std::string window = county_.OpenWindow("2019-08-05");
  county_.Tick(cut_off_ + absl::Seconds(299));
  EXPECT_NE(OrderIdOf(county_.Submit(kShop, window, {{"620001", 1}}, cut_off_)), "");
}

TEST_F(OrderWindowTest, ReceptionClaimedBeforeOneGracePeriodOrAheadOfTheOwnerDoesNotCount) {
  const std::string window = county_.OpenWindow("2019-08-05");
  county_.Tick(cut_off_ + absl::Seconds(299));
  EXPECT_TRUE(county_.Submit(kShop, window, {{"620001", 1}}, cut_off_ - absl::Seconds(2)).refused())
      << "301 s ago: the owner's clock counts, and it is past the cut-off";
  testing::OrderIntakeCounty other;
  other.AddRetailer(kShop);
  other.OpenAllowance(kShop, "2019-08", 100);
  const std::string early = other.OpenWindow("2019-08-05");
  EXPECT_NE(OrderIdOf(other.Submit(kShop, early, {{"620001", 1}}, cut_off_ + absl::Hours(48))), "")
      << "a stamp two days ahead changes nothing";
}

TEST_F(OrderWindowTest, OrderBeforeTheOpeningIsRefusedAndNamesTheOpening) {
  county_.Schedule("2019-08-05");
  const auto outcome = county_.Submit(kShop, "620121-20190805-1", {{"620001", 1}});
  EXPECT_EQ(Find(outcome, common::v1::REASON_WINDOW_CLOSED)->detail(),
            "620121-20190805-1 opens 2019-08-03T12:00:00+08:00");
}

TEST_F(OrderWindowTest, WindowThatIsNotKnownIsRefused) {
  EXPECT_NE(
      Find(county_.Submit(kShop, "620121-20190805-7", {{"620001", 1}}), common::v1::REASON_WINDOW_UNKNOWN),
      nullptr);
  EXPECT_EQ(
      Find(county_.Submit(kShop, "620102-20190805-1", {{"620001", 1}}), common::v1::REASON_INVALID_FIELD)
          ->field(),
      "window_id");
}

TEST_F(OrderWindowTest, OpeningFreezesVersionsMonthAndLimits) {
  county_.PublishTight("620121-tight-9", {"620001"}, At("2019-08-01", 0, 0));
  county_.PublishTight("620121-tight-10", {"620002"}, At("2019-08-01", 0, 0));
  county_.PublishTight("620121-tight-11", {"620003"}, At("2019-08-20", 0, 0));
  const std::string window = county_.OpenWindow("2019-08-05", {.occurrence = 2, .occurrences = 4});
  const auto opened = Recorded(v1::Event::kOrderWindowOpened);
  ASSERT_THAT(opened, SizeIs(1));
  const v1::OrderWindowOpened& event = opened[0].order_window_opened();
  EXPECT_EQ(event.versions().ordering_policy(), "ordering-2019-06");
  EXPECT_EQ(event.versions().allocation_policy(), "floating-2019-06");
  EXPECT_EQ(event.versions().tight_list(), "620121-tight-10")
      << "of two from the same time on, the later one";
  EXPECT_EQ(event.versions().ration(), "");
  EXPECT_EQ(event.month(), "2019-08");
  EXPECT_TRUE(event.floating());
  EXPECT_EQ(event.grace_seconds(), 300);
  EXPECT_EQ(*FromTimestamp(event.payment_deadline()), At("2019-08-05", 12, 0));
  EXPECT_EQ(WindowRow(window).state, WindowState::kOpen);
}

TEST_F(OrderWindowTest, WithoutAnAllocationPolicyItIsNotFloatingAndNobodyIsExpected) {
  testing::OrderIntakeCounty county(false, false);
  county.AddRetailer(kShop);
  const std::string window = county.OpenWindow("2019-08-05");
  county.CloseWindow(window);
  const Window& row = *county.state().windows.Find(*WindowId::Parse(window));
  EXPECT_EQ(row.state, WindowState::kClosed);
  EXPECT_FALSE(row.floating);
  EXPECT_TRUE(row.expected_none);
  EXPECT_EQ(row.payment_deadline, std::nullopt);
  EXPECT_EQ(row.sums.silent, 0);
}

TEST_F(OrderWindowTest, TheSameScheduleAgainChangesNothingAndAnotherIsRefused) {
  EXPECT_THAT(county_.Schedule("2019-08-05").events, SizeIs(1));
  const auto again = county_.Schedule("2019-08-05");
  EXPECT_THAT(again.events, IsEmpty());
  EXPECT_NE(again.response, nullptr);
  EXPECT_NE(Find(county_.Schedule("2019-08-05", {.occurrence = 2}), common::v1::REASON_ALREADY_EXISTS),
            nullptr);
  EXPECT_THAT(county_.Schedule("2019-08-05", {.sequence = 2}).events, SizeIs(1)) << "windows may overlap";
}

TEST_F(OrderWindowTest, ScheduleThatMakesNoSenseIsRefusedFieldByField) {
  v1::ScheduleWindowRequest request;
  request.set_county_code("62012");
  request.set_order_day("2019-02-30");
  request.set_occurrence(5);
  request.set_occurrences(4);
  std::vector<std::string> fields;
  const auto outcome = county_.Send({"M1", common::v1::ROLE_COUNTY_MANAGER},
                                    "/sanyuan.order_intake.v1.OrderWindowService/ScheduleWindow", request);
  for (const auto& refusal : outcome.refusals) fields.push_back(refusal.field());
  EXPECT_THAT(fields, ::testing::ElementsAre("county_code", "order_day", "sequence", "occurrence", "opens_at",
                                             "cut_off"));
  county_.Tick(At("2019-08-06", 0, 0));
  EXPECT_EQ(Find(county_.Schedule("2019-08-05"), common::v1::REASON_INVALID_FIELD)->field(), "cut_off");
}

TEST_F(OrderWindowTest, RetailerOfAnotherRouteDoesNotOrderInIt) {
  const std::string window = county_.OpenWindow("2019-08-05", {.routes = {"R02", "R03"}});
  EXPECT_NE(Find(county_.Submit(kShop, window, {{"620001", 1}}), common::v1::REASON_NOT_IN_WINDOW), nullptr);
}

TEST_F(OrderWindowTest, ClosingLocksTheOrdersAndNamesThePagesThatHoldThem) {
  const std::string window = county_.OpenWindow("2019-08-05");
  const std::string first = OrderIdOf(county_.Submit("620121100002", window, {{"620001", 3, 9}}));
  const std::string second = OrderIdOf(county_.Submit("620121100001", window, {{"620002", 4}}));
  const std::string cancelled = OrderIdOf(county_.Submit("620121100001", window, {{"620003", 4}}));
  county_.Cancel("620121100001", cancelled);
  county_.ReportDemand("620121100003", window, {{"620005", 70}});
  county_.CloseWindow(window);

  EXPECT_EQ(county_.OrderOf(first).state, OrderState::kLocked);
  EXPECT_EQ(county_.OrderOf(cancelled).state, OrderState::kCancelled);
  const auto pages = Recorded(v1::Event::kWindowLockedPage);
  const auto closed = Recorded(v1::Event::kOrderWindowClosed);
  ASSERT_THAT(pages, SizeIs(1));
  ASSERT_THAT(closed, SizeIs(1));
  const v1::WindowLockedPage& page = pages[0].window_locked_page();
  ASSERT_EQ(page.retailers_size(), 3);
  EXPECT_EQ(page.retailers(0).licence(), "620121100001");
  EXPECT_EQ(page.retailers(0).orders(0).order_id(), second);
  EXPECT_EQ(page.retailers(1).orders(0).lines(0).demand_cartons(), 9);
  EXPECT_EQ(page.retailers(2).orders_size(), 0);
  EXPECT_EQ(page.retailers(2).demand(0).demand_cartons(), 70);
  const v1::OrderWindowClosed& end = closed[0].order_window_closed();
  ASSERT_EQ(end.page_heights_size(), 1);
  const auto& at_height = county_.records()[end.page_heights(0) - 1];
  EXPECT_EQ(at_height.events[0], pages[0].SerializeAsString());
  EXPECT_EQ(end.pages_digest(), Sha256(Sha256(pages[0].SerializeAsString()).view()).view());
  EXPECT_EQ(end.sums().orders(), 2);
  EXPECT_EQ(end.sums().retailers(), 2);
  EXPECT_EQ(end.sums().requested_cartons(), 7);
  EXPECT_EQ(end.sums().silent_retailers(), 1);
}

TEST_F(OrderWindowTest, EachExpectedSilentRetailerIsRecordedAndNothingIsOrderedForHim) {
  const std::string window = county_.OpenWindow("2019-08-05", {.routes = {"R01"}});
  county_.AddRetailer("620121100004", {.expected = false});
  county_.AddRetailer("620121100005", {.route = "R02"});
  county_.AddRetailer("620121100006", {.active = false});
  county_.Submit("620121100001", window, {{"620001", 3}});
  county_.ReportDemand("620121100002", window, {{"620001", 50}});
  county_.Cancel("620121100003", OrderIdOf(county_.Submit("620121100003", window, {{"620001", 3}})));
  const size_t orders = county_.state().orders.size();
  county_.CloseWindow(window);
  const auto silent = Recorded(v1::Event::kNoDemandRecorded);
  ASSERT_THAT(silent, SizeIs(2));
  EXPECT_EQ(silent[0].no_demand_recorded().licence(), "620121100002");
  EXPECT_TRUE(silent[0].no_demand_recorded().demand_was_reported());
  EXPECT_EQ(silent[1].no_demand_recorded().licence(), "620121100003");
  EXPECT_EQ(county_.state().orders.size(), orders);
  const auto* kept =
      county_.state().participations.Find(RetailerInWindow{*WindowId::Parse(window), Code("620121100002")});
  EXPECT_TRUE(kept->no_demand);
  EXPECT_EQ(kept->demand[0].cartons, 50) << "what he said is kept";
}

TEST_F(OrderWindowTest, OrderOfZeroIsNotSilence) {
  const std::string window = county_.OpenWindow("2019-08-05", {.expected_none = false});
  for (int i = 1; i <= 3; ++i) county_.Submit("62012110000" + std::to_string(i), window, {{"620001", 0}});
  county_.CloseWindow(window);
  EXPECT_THAT(Recorded(v1::Event::kNoDemandRecorded), IsEmpty());
}

TEST_F(OrderWindowTest, NobodyIsSilentInAWindowThatExpectsNobody) {
  const std::string window = county_.OpenWindow("2019-08-05", {.expected_none = true});
  county_.CloseWindow(window);
  EXPECT_THAT(Recorded(v1::Event::kNoDemandRecorded), IsEmpty());
  EXPECT_EQ(WindowRow(window).state, WindowState::kClosed);
}

TEST_F(OrderWindowTest, NothingIsTakenOnceLockingHasBegun) {
  const std::string window = county_.OpenWindow("2019-08-05");
  county_.Submit("620121100002", window, {{"620001", 3}});
  const absl::Time due = cut_off_ + absl::Seconds(301);
  county_.Tick(due - absl::Seconds(1));
  EXPECT_EQ(WindowRow(window).state, WindowState::kOpen);
  county_.Tick(due);
  EXPECT_NE(Find(county_.Submit(kShop, window, {{"620001", 1}}, due - absl::Seconds(300)),
                 common::v1::REASON_WINDOW_CLOSED),
            nullptr);
}

TEST_F(OrderWindowTest, LargeWindowsCloseInDecisionsOfBoundedSizeAndInOrderOfLicence) {
  const std::string window = county_.OpenWindow("2019-08-05");
  std::vector<testing::Asked> lines;
  for (int i = 0; i < 200; ++i) lines.push_back({"62000" + std::to_string(1 + i % 5), 1});
  for (int i = 0; i < 300; ++i) {
    const std::string shop = std::to_string(620121200000 + i);
    county_.AddRetailer(shop);
    county_.OpenAllowance(shop, "2019-08", 1000);
    if (i % 3 != 0) county_.Submit(shop, window, lines);
  }
  const size_t before = county_.records().size();
  county_.CloseWindow(window);
  EXPECT_GE(county_.records().size(), before + 4) << "pages, the silent, the end";
  for (size_t i = before; i < county_.records().size(); ++i) {
    size_t bytes = 0;
    for (const std::string& event : county_.records()[i].events) bytes += event.size();
    EXPECT_LT(bytes, 512u << 10);
  }
  std::string last;
  int64_t retailers = 0;
  const auto pages = Recorded(v1::Event::kWindowLockedPage);
  EXPECT_GT(pages.size(), 1u);
  for (size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(pages[i].window_locked_page().page_number(), i);
    for (const auto& retailer : pages[i].window_locked_page().retailers()) {
      EXPECT_LT(last, retailer.licence());
      last = retailer.licence();
      ++retailers;
    }
  }
  EXPECT_EQ(retailers, 200);
  EXPECT_EQ(WindowRow(window).sums.orders, 200);
  EXPECT_EQ(WindowRow(window).sums.silent, 103);
}

TEST_F(OrderWindowTest, OverlappingWindowsAreJudgedAndClosedEachByItself) {
  const std::string first = county_.OpenWindow("2019-08-05");
  const std::string second = county_.OpenWindow("2019-08-06", {.occurrence = 2});
  const std::string a = OrderIdOf(county_.Submit(kShop, first, {{"620001", 3}}));
  const std::string b = OrderIdOf(county_.Submit(kShop, second, {{"620001", 3}}));
  county_.CloseWindow(first);
  EXPECT_EQ(county_.OrderOf(a).state, OrderState::kLocked);
  EXPECT_EQ(county_.OrderOf(b).state, OrderState::kSubmitted);
  EXPECT_FALSE(county_.Amend(kShop, b, {{"620001", 5}}).refused());
  EXPECT_EQ(county_.AllowanceOf(kShop, "2019-08").reserved, 8);
}

TEST_F(OrderWindowTest, LockedOrderIsNeitherAmendedNorCancelled) {
  const std::string window = county_.OpenWindow("2019-08-05");
  const std::string order = OrderIdOf(county_.Submit(kShop, window, {{"620001", 3}}));
  county_.CloseWindow(window);
  EXPECT_NE(Find(county_.Amend(kShop, order, {{"620001", 1}}), common::v1::REASON_ORDER_NOT_OPEN), nullptr);
  EXPECT_NE(Find(county_.Cancel(kShop, order), common::v1::REASON_WINDOW_CLOSED), nullptr);
}

TEST_F(OrderWindowTest, OldVersionsAreForgottenWhenNoWindowNeedsThem) {
  county_.PublishRation("620121-ration-1", {{"620001", 5}}, At("2019-08-01", 0, 0));
  const std::string first = county_.OpenWindow("2019-08-05");
  county_.PublishRation("620121-ration-2", {{"620001", 6}}, At("2019-08-04", 0, 0));
  county_.CloseWindow(first);
  EXPECT_EQ(county_.state().rations.size(), 1u);
  EXPECT_TRUE(county_.state().rations.Contains({620121, "620121-ration-2"}));
}

TEST_F(OrderWindowTest, VersionPublishedLaterForTheMomentOfOpeningTakesNoLimitFromTheOpenWindow) {
  county_.PublishTight("620121-tight-1", {"620001"}, At("2019-07-01", 0, 0));
  county_.PublishRation("620121-ration-1", {{"620001", 1}}, At("2019-07-01", 0, 0));
  const std::string first = county_.OpenWindow("2019-08-05", {.occurrence = 1, .occurrences = 2});
  const std::string second = county_.OpenWindow("2019-08-06", {.occurrence = 2, .occurrences = 2});
  county_.PublishRation("620121-ration-2", {{"620001", 9}}, county_.now());
  county_.CloseWindow(first);
  const auto outcome = county_.Submit(kShop, second, {{"620001", 2}});
  ASSERT_NE(Find(outcome, common::v1::REASON_OVER_CAP), nullptr);
  EXPECT_EQ(Find(outcome, common::v1::REASON_OVER_CAP)->limit(), 1);
}

}  // namespace
}  // namespace sanyuan::order_intake
