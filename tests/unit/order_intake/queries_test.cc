#include "services/order_intake/queries.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order_intake/view.h"
#include "tests/support/memory_view.h"
#include "tests/support/order_intake_county.h"

namespace sanyuan::order_intake {
namespace {

using testing::At;
using ::testing::ElementsAre;
using testing::OrderIdOf;
using ::testing::SizeIs;

using testing::kOther;
using testing::kShop;
const partition::Actor kRetailer{kShop, common::v1::ROLE_RETAILER};
const partition::Actor kManager{"AM07", common::v1::ROLE_ACCOUNT_MANAGER};

// What a reader beside the writer does: each record folded again, its changed rows projected.
class Projector {
 public:
  explicit Projector(const testing::OrderIntakeCounty& county) : county_(county) {}

  void CatchUp() {
    for (; done_ < county_.records().size(); ++done_) {
      const auto& record = county_.records()[done_];
      partition::Stamp stamp = record.stamp;
      stamp.height = done_ + 1;
      domain_.store().BeginRecord(stamp.height);
      for (const std::string& bytes : record.events) {
        v1::Event event;
        EXPECT_TRUE(event.ParseFromString(bytes));
        EXPECT_TRUE(domain_.Evolve(event, stamp).ok());
      }
      for (const state::Change& change : domain_.store().TakeChanges()) changes_.push_back(change);
      domain_.store().Accept(stamp.height);
    }
    Project(projected_);
    projected_ = changes_.size();
  }
  // Again, from any earlier change on.
  void Project(size_t from) {
    OrderIntakeProjection projection;
    std::vector<view::ViewRow> rows;
    for (size_t i = from; i < changes_.size(); ++i) projection.Project(changes_[i], rows);
    view_.Apply(rows);
  }
  size_t changes() const { return changes_.size(); }
  const testing::MemoryView& view() const { return view_; }

 private:
  const testing::OrderIntakeCounty& county_;
  OrderIntakeDomain domain_;
  size_t done_ = 0, projected_ = 0;
  std::vector<state::Change> changes_;
  testing::MemoryView view_;
};

class QueriesTest : public ::testing::Test {
 protected:
  QueriesTest() {
    for (const char* shop : {kShop, kOther}) {
      county_.AddRetailer(shop);
      county_.OpenAllowance(shop, "2019-08", 126, {38, 63, 89, 114, 126});
    }
    county_.PublishTight("620121-tight-1", {"620003"}, At("2019-07-01", 0, 0));
    county_.PublishRation("620121-ration-1", {{"620003", 5}}, At("2019-07-01", 0, 0));
    window_ = county_.OpenWindow("2019-08-05");
    order_ = OrderIdOf(county_.Submit(kShop, window_, {{"620001", 10}, {"620003", 3, 40}}));
    projector_.CatchUp();
  }

  template <typename Request>
  Request Of(const std::string& licence) {
    Request request;
    request.set_county_code("620121");
    request.set_licence(licence);
    request.set_window_id(window_);
    return request;
  }
  v1::GetOrderRequest OrderRequest() {
    v1::GetOrderRequest request;
    request.set_county_code("620121");
    request.set_order_id(order_);
    return request;
  }

  testing::OrderIntakeCounty county_;
  Projector projector_{county_};
  std::string window_;
  std::string order_;
};

TEST_F(QueriesTest, RetailerSeesHisOrderAndNobodyElses) {
  const auto mine = GetOrder(projector_.view(), kRetailer, OrderRequest());
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->order().lines(1).demand_cartons(), 40);
  EXPECT_EQ(mine->order().policy_version(), "ordering-2019-06");
  EXPECT_EQ(mine->order().month(), "2019-08");
  const partition::Actor other{kOther, common::v1::ROLE_RETAILER};
  EXPECT_EQ(GetOrder(projector_.view(), other, OrderRequest()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(GetOrder(projector_.view(), kManager, OrderRequest()).ok());
  EXPECT_EQ(ListOrders(projector_.view(), other, Of<v1::ListOrdersRequest>(kShop)).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ListOrders(projector_.view(), other, Of<v1::ListOrdersRequest>("")).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(GetRoom(projector_.view(), other, Of<v1::GetRoomRequest>(kShop)).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(QueriesTest, RoomIsWhatIsLeftNowInTheMonthAndOfEachCap) {
  const auto response = GetRoom(projector_.view(), kRetailer, Of<v1::GetRoomRequest>(kShop));
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::Room& room = response->room();
  EXPECT_EQ(room.available_in_month_cartons(), 113);
  EXPECT_EQ(room.available_now_cartons(), 25);
  ASSERT_EQ(room.caps_size(), 1);
  EXPECT_EQ(room.caps(0).sku(), "620003");
  EXPECT_EQ(room.caps(0).available_cartons(), 2);
  EXPECT_FALSE(county_.Submit(kShop, window_, {{"620001", 23}, {"620003", 2}}).refused());
  EXPECT_TRUE(county_.Submit(kShop, window_, {{"620001", 1}}).refused());
  projector_.CatchUp();
  EXPECT_EQ(
      GetRoom(projector_.view(), kRetailer, Of<v1::GetRoomRequest>(kShop))->room().available_now_cartons(),
      0);
}

TEST_F(QueriesTest, ListsArePagedInOrderAndFiltered) {
  for (int i = 0; i < 4; ++i) county_.Submit(kOther, window_, {{"620001", i}});
  county_.Cancel(kShop, order_);
  projector_.CatchUp();
  v1::ListOrdersRequest request = Of<v1::ListOrdersRequest>("");
  request.set_page_size(2);
  std::vector<std::string> licences;
  int pages = 0;
  do {
    const auto page = ListOrders(projector_.view(), kManager, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& order : page->orders()) licences.push_back(order.licence());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_THAT(licences, ElementsAre(kShop, kOther, kOther, kOther, kOther));
  EXPECT_EQ(pages, 3);
  request.set_state(v1::ORDER_STATE_CANCELLED);
  EXPECT_THAT(ListOrders(projector_.view(), kManager, request)->orders(), SizeIs(1));
  v1::ListOrdersRequest by_licence;
  by_licence.set_county_code("620121");
  by_licence.set_licence(kOther);
  EXPECT_THAT(ListOrders(projector_.view(), kManager, by_licence)->orders(), SizeIs(4));
}

TEST_F(QueriesTest, WindowsDemandSilenceAndAttemptsAreShown) {
  county_.ReportDemand(kOther, window_, {{"620005", 70}});
  v1::CancelOrderRequest cancel;
  cancel.set_county_code("620121");
  cancel.set_order_id(order_);
  county_.Send(kManager, "/sanyuan.order_intake.v1.OrderService/CancelOrder", cancel);
  county_.Schedule("2019-08-12");
  county_.CloseWindow(window_);
  projector_.CatchUp();
  const auto demand = GetDemand(projector_.view(), kManager, Of<v1::GetDemandRequest>(kOther));
  ASSERT_TRUE(demand.ok()) << demand.status();
  EXPECT_EQ(demand->demand().lines(0).demand_cartons(), 70);
  EXPECT_TRUE(demand->demand().not_ordered());
  v1::ListNoDemandRequest silent;
  silent.set_county_code("620121");
  silent.set_window_id(window_);
  EXPECT_THAT(ListNoDemand(projector_.view(), kManager, silent)->retailers(), SizeIs(1));
  v1::ListWindowsRequest windows;
  windows.set_county_code("620121");
  EXPECT_THAT(ListWindows(projector_.view(), kManager, windows)->windows(), SizeIs(2));
  windows.set_from_order_day("2019-08-06");
  EXPECT_THAT(ListWindows(projector_.view(), kManager, windows)->windows(), SizeIs(1));
  v1::GetWindowRequest window;
  window.set_county_code("620121");
  window.set_window_id(window_);
  EXPECT_EQ(GetWindow(projector_.view(), kManager, window)->window().sums().orders(), 1);
  v1::ListForbiddenAttemptsRequest attempts;
  attempts.set_county_code("620121");
  const auto listed = ListForbiddenAttempts(projector_.view(), kManager, attempts);
  ASSERT_THAT(listed->attempts(), SizeIs(1));
  EXPECT_EQ(listed->attempts(0).actor_id(), "AM07");
}

TEST_F(QueriesTest, WrongFieldsAreNamed) {
  v1::GetOrderRequest order = OrderRequest();
  order.set_county_code("620102");
  EXPECT_THAT(GetOrder(projector_.view(), kManager, order).status().message(),
              ::testing::HasSubstr("order_id"));
  v1::ListOrdersRequest list;
  list.set_county_code("620121");
  EXPECT_EQ(ListOrders(projector_.view(), kManager, list).status().code(),
            absl::StatusCode::kInvalidArgument);
  list.set_window_id(window_);
  list.set_page_size(-1);
  EXPECT_EQ(ListOrders(projector_.view(), kManager, list).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// Invariant 30: a projector that goes over earlier changes again ends with the same rows.
TEST_F(QueriesTest, ProjectingAgainFromAnyEarlierPlaceGivesTheSameRows) {
  county_.Amend(kShop, order_, {{"620001", 4}});
  county_.CloseWindow(window_);
  county_.Publish("run-1", window_, county_.FullOffers(window_));
  county_.Pay(order_, true, "b1");
  projector_.CatchUp();
  const auto rows = projector_.view().rows();
  for (size_t from = 0; from < projector_.changes(); ++from) {
    projector_.Project(from);
    ASSERT_EQ(projector_.view().rows(), rows) << "from change " << from;
  }
}

TEST_F(QueriesTest, EveryQueryRpcHasItsFunction) {
  for (const char* service : {"OrderService", "OrderWindowService", "DemandService", "AllowanceService"}) {
    const auto* descriptor = v1::GetOrderRequest::descriptor()->file()->pool()->FindServiceByName(
        std::string("sanyuan.order_intake.v1.") + service);
    ASSERT_NE(descriptor, nullptr) << service;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto* method = descriptor->method(i);
      const bool command = method->input_type()->FindFieldByName("header") != nullptr;
      const std::string path = fmt::format("/sanyuan.order_intake.v1.{}/{}", service, method->name());
      EXPECT_EQ(OrderIntakeQueries().contains(path), !command) << path;
    }
  }
}

}  // namespace
}  // namespace sanyuan::order_intake
