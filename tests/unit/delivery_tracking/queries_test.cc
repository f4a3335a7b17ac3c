// What each role sees of runs, stops and receipts.
#include "services/delivery_tracking/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/delivery_tracking/view.h"
#include "tests/support/delivery_county.h"
#include "tests/support/memory_view.h"

namespace sanyuan::testing {
namespace {

using delivery_tracking::FromProto;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Folds all decisions of a county again and projects what each changed.
void Project(const DeliveryCounty& county, MemoryView& view) {
  delivery_tracking::DeliveryTrackingDomain domain;
  const delivery_tracking::DeliveryTrackingProjection projection;
  for (size_t i = 0; i < county.records().size(); ++i) {
    domain.store().BeginRecord(i + 1);
    for (const std::string& bytes : county.records()[i].events) {
      dt::Event event;
      ASSERT_TRUE(event.ParseFromString(bytes));
      ASSERT_TRUE(domain.Evolve(event, county.records()[i].stamp).ok());
    }
    std::vector<view::ViewRow> rows;
    for (const state::Change& change : domain.store().TakeChanges()) projection.Project(change, rows);
    view.Apply(rows);
  }
}

class Queries : public ::testing::Test {
 protected:
  // Route R05 with crew D01 and three shops, route R06 with crew D02 and one.
  Queries() : device_(county_) {
    county_.AddRoute("R06", false, {"D02"});
    for (int i = 1; i <= 4; ++i) {
      county_.AddShop(Licence(i), {.route = i == 4 ? "R06" : "R05"});
      county_.Pay("620121-o" + std::to_string(i), Licence(i), {{"620001", i}});
    }
    county_.Plan();
    run_ = "620121-20190806-R05-1";
    county_.Tick(At("2019-08-06 07:00"));
    county_.Load(run_);
    county_.Depart(run_);
    const auto arrival = device_.Arrival(Stop(1), At("2019-08-06 08:45"));
    const auto receipt = device_.Receipt(Stop(1), At("2019-08-06 08:46"));
    const auto suspect = device_.Receipt(Stop(2), At("2019-08-06 09:00"));
    county_.Upload(device_, {arrival, receipt, suspect}, At("2019-08-06 12:00"));
    Project(county_, view_);
  }
  static std::string Licence(int i) { return "62012110000" + std::to_string(i); }
  std::string Stop(int i) const { return run_ + "-000" + std::to_string(i); }
  template <typename Request>
  Request For() const {
    Request request;
    request.set_county_code(DeliveryCounty::kCode);
    return request;
  }

  const partition::Actor desk_{"K01", common::v1::ROLE_SERVICE_DESK};
  const partition::Actor crew_{"D01", common::v1::ROLE_DELIVERY_STAFF};
  const partition::Actor other_crew_{"D02", common::v1::ROLE_DELIVERY_STAFF};
  const partition::Actor shop_{"620121100001", common::v1::ROLE_RETAILER};
  DeliveryCounty county_;
  Device device_;
  std::string run_;
  MemoryView view_;
};

TEST_F(Queries, AStopShowsItsChainOfTimes) {
  auto request = For<dt::GetStopRequest>();
  request.set_stop_id(Stop(1));
  const auto response = delivery_tracking::GetStop(view_, desk_, request);
  ASSERT_TRUE(response.ok()) << response.status();
  const dt::Stop& stop = response->stop();
  EXPECT_EQ(stop.state(), dt::STOP_STATE_RECEIPTED);
  EXPECT_EQ(FromProto(stop.window_end()), At("2019-08-06 08:30"));
  EXPECT_EQ(FromProto(stop.arrival().device_time()), At("2019-08-06 08:45"));
  EXPECT_EQ(FromProto(stop.arrival().corrected_time()), At("2019-08-06 08:45"));
  EXPECT_EQ(FromProto(stop.arrival().received_at()), At("2019-08-06 12:00"));
  EXPECT_EQ(stop.arrival().clock_status(), dt::CLOCK_STATUS_SYNCED);
  EXPECT_EQ(stop.arrival_distance_m(), 0);
  EXPECT_EQ(stop.punctuality(), dt::PUNCTUALITY_LATE);
  EXPECT_EQ(stop.late_seconds(), 15 * 60);
  EXPECT_THAT(stop.order_ids(), ElementsAre("620121-o1"));
}

TEST_F(Queries, APlannedStopIsEnRouteOnceTheRunHasLeft) {
  auto request = For<dt::GetStopRequest>();
  request.set_stop_id(Stop(3));
  EXPECT_EQ(delivery_tracking::GetStop(view_, desk_, request)->stop().state(), dt::STOP_STATE_EN_ROUTE);
  request.set_stop_id("620121-20190806-R06-1-0001");
  EXPECT_EQ(delivery_tracking::GetStop(view_, desk_, request)->stop().state(), dt::STOP_STATE_NOTIFIED);
}

TEST_F(Queries, RetailersSeeTheirOwnStopsOnly) {
  auto request = For<dt::GetStopRequest>();
  request.set_stop_id(Stop(1));
  EXPECT_TRUE(delivery_tracking::GetStop(view_, shop_, request).ok());
  request.set_stop_id(Stop(2));
  EXPECT_TRUE(absl::IsNotFound(delivery_tracking::GetStop(view_, shop_, request).status()));
  auto list = For<dt::ListStopsRequest>();
  EXPECT_TRUE(absl::IsPermissionDenied(delivery_tracking::ListStops(view_, shop_, list).status()));
  list.set_licence(shop_.id);
  EXPECT_THAT(delivery_tracking::ListStops(view_, shop_, list)->stops(), SizeIs(1));
  auto receipt = For<dt::GetReceiptRequest>();
  receipt.set_stop_id(Stop(2));
  EXPECT_TRUE(absl::IsNotFound(delivery_tracking::GetReceipt(view_, shop_, receipt).status()));
}

TEST_F(Queries, ACrewSeesTheRunsAndStopsOfItsDay) {
  auto request = For<dt::ListStopsRequest>();
  request.set_delivery_date(DeliveryCounty::kDay);
  EXPECT_THAT(delivery_tracking::ListStops(view_, crew_, request)->stops(), SizeIs(3));
  EXPECT_THAT(delivery_tracking::ListStops(view_, other_crew_, request)->stops(), SizeIs(1));
  EXPECT_THAT(delivery_tracking::ListStops(view_, desk_, request)->stops(), SizeIs(4));
  request.set_delivery_date("2019-08-07");
  EXPECT_THAT(delivery_tracking::ListStops(view_, crew_, request)->stops(), IsEmpty());
  request.set_delivery_date("");
  request.set_run_id(run_);
  EXPECT_TRUE(absl::IsNotFound(delivery_tracking::ListStops(view_, other_crew_, request).status()));
  EXPECT_THAT(delivery_tracking::ListRuns(view_, crew_, For<dt::ListRunsRequest>())->runs(), SizeIs(1));
}

TEST_F(Queries, StopsAreListedByState) {
  auto request = For<dt::ListStopsRequest>();
  request.set_run_id(run_);
  request.set_state(dt::STOP_STATE_EN_ROUTE);
  const auto response = delivery_tracking::ListStops(view_, crew_, request);
  ASSERT_THAT(response->stops(), SizeIs(1));
  EXPECT_EQ(response->stops(0).stop_id(), Stop(3));
}

TEST_F(Queries, PagesFollowEachOtherWithoutGapOrRepeat) {
  for (const partition::Actor& caller : {desk_, crew_}) {
    auto request = For<dt::ListStopsRequest>();
    request.set_delivery_date(DeliveryCounty::kDay);
    request.set_page_size(1);
    std::vector<std::string> seen;
    do {
      const auto page = delivery_tracking::ListStops(view_, caller, request);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const dt::Stop& stop : page->stops()) seen.push_back(stop.stop_id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    std::vector<std::string> wanted = {Stop(1), Stop(2), Stop(3)};
    if (caller.id == desk_.id) wanted.emplace_back("620121-20190806-R06-1-0001");
    EXPECT_EQ(seen, wanted);
  }
}

TEST_F(Queries, TheServiceDeskFindsItsSuspects) {
  auto request = For<dt::ListReceiptsRequest>();
  request.set_state(dt::RECEIPT_STATE_SUSPECT);
  auto response = delivery_tracking::ListReceipts(view_, desk_, request);
  ASSERT_THAT(response->receipts(), SizeIs(1));
  EXPECT_EQ(response->receipts(0).stop_id(), Stop(2));
  EXPECT_THAT(response->receipts(0).rules(), ElementsAre(dt::SUSPICION_RULE_BEFORE_ARRIVAL));
  request.set_state(dt::RECEIPT_STATE_AUTO_VERIFIED);
  EXPECT_THAT(delivery_tracking::ListReceipts(view_, desk_, request)->receipts(), SizeIs(1));
  county_.Resolve(Stop(2), dt::RECEIPT_VERDICT_CONFIRMED_DIRECT);
  MemoryView later;
  Project(county_, later);
  request.set_state(dt::RECEIPT_STATE_SUSPECT);
  EXPECT_THAT(delivery_tracking::ListReceipts(later, desk_, request)->receipts(), IsEmpty());
  EXPECT_TRUE(absl::IsPermissionDenied(delivery_tracking::ListReceipts(view_, crew_, request).status()));
}

TEST_F(Queries, AStopWithoutReceiptIsPending) {
  auto request = For<dt::GetReceiptRequest>();
  request.set_stop_id(Stop(3));
  EXPECT_EQ(delivery_tracking::GetReceipt(view_, desk_, request)->receipt().state(),
            dt::RECEIPT_STATE_PENDING);
  request.set_stop_id(Stop(1));
  const auto receipt = delivery_tracking::GetReceipt(view_, desk_, request);
  EXPECT_EQ(receipt->receipt().state(), dt::RECEIPT_STATE_AUTO_VERIFIED);
  EXPECT_THAT(receipt->receipt().delivered(), SizeIs(1));
  EXPECT_THAT(receipt->receipt().proofs(), SizeIs(4));
}

TEST_F(Queries, TheEquationIsShownWithItsSums) {
  county_.Return(run_, {{"620001", 2}});
  dt::Loss loss;
  loss.set_sku("620001");
  loss.set_cartons(1);
  loss.set_case_number("YD-7");
  county_.Reconcile(run_, {loss});
  Project(county_, view_);
  auto request = For<dt::GetReconciliationRequest>();
  request.set_run_id(run_);
  const auto response = delivery_tracking::GetReconciliation(view_, desk_, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->balanced());
  EXPECT_EQ(response->state(), dt::RUN_STATE_RECONCILED);
  EXPECT_EQ(response->loaded_cartons(), 6);
  EXPECT_EQ(response->delivered_cartons(), 3);
  EXPECT_EQ(response->returned_cartons(), 2);
  EXPECT_EQ(response->lost_cartons(), 1);
  EXPECT_EQ(response->losses(0).case_number(), "YD-7");
}

TEST_F(Queries, ThePoolAndTheDevicesAreShown) {
  EXPECT_THAT(delivery_tracking::ListPool(view_, desk_, For<dt::ListPoolRequest>())->entries(), IsEmpty());
  county_.Pay("620121-o9", Licence(1), {{"620001", 7}});
  MemoryView later;
  Project(county_, later);
  const auto pool = delivery_tracking::ListPool(later, desk_, For<dt::ListPoolRequest>());
  ASSERT_THAT(pool->entries(), SizeIs(1));
  EXPECT_EQ(pool->entries(0).lines(0).cartons(), 7);
  auto stream = For<dt::GetDeviceStreamRequest>();
  stream.set_device_key("phone-1");
  stream.set_installation_id("install-1");
  EXPECT_EQ(delivery_tracking::GetDeviceStream(view_, crew_, stream)->taken(0).last(), 3U);
  stream.set_installation_id("install-2");
  EXPECT_THAT(delivery_tracking::GetDeviceStream(view_, crew_, stream)->taken(), IsEmpty());
  EXPECT_THAT(
      delivery_tracking::ListRejectedDeviceEvents(view_, desk_, For<dt::ListRejectedDeviceEventsRequest>())
          ->events(),
      IsEmpty());
}

TEST_F(Queries, ProjectingAgainChangesNothing) {
  MemoryView again;
  Project(county_, again);
  Project(county_, again);
  EXPECT_EQ(again.rows(), view_.rows());
}

TEST_F(Queries, MalformedRequestsAreInvalid) {
  auto stop = For<dt::GetStopRequest>();
  stop.set_stop_id("620121");
  EXPECT_TRUE(absl::IsInvalidArgument(delivery_tracking::GetStop(view_, desk_, stop).status()));
  auto list = For<dt::ListRunsRequest>();
  list.set_delivery_date("2019-02-31");
  EXPECT_TRUE(absl::IsInvalidArgument(delivery_tracking::ListRuns(view_, desk_, list).status()));
  list.set_delivery_date("");
  list.set_page_size(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(delivery_tracking::ListRuns(view_, desk_, list).status()));
  list.set_county_code("6201");
  EXPECT_TRUE(absl::IsInvalidArgument(delivery_tracking::ListRuns(view_, desk_, list).status()));
}

TEST_F(Queries, EveryQueryIsFoundByItsName) {
  const auto& queries = delivery_tracking::DeliveryTrackingQueries();
  EXPECT_THAT(queries, SizeIs(10));
  dt::GetRunRequest request = For<dt::GetRunRequest>();
  request.set_run_id(run_);
  const auto response =
      queries.at("/sanyuan.delivery_tracking.v1.DeliveryRunService/GetRun")(view_, desk_, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(static_cast<const dt::GetRunResponse&>(**response).run().stop_count(), 3);
}

}  // namespace
}  // namespace sanyuan::testing
