// Tight lists and reasonable rations: R30, R31, invariant 22.
#include "services/allocation/domain/ration.h"

#include <gtest/gtest.h>

#include "tests/support/allocation_county.h"
#include "tests/unit/allocation/expect.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_ACCOUNT_MANAGER;
using common::v1::ROLE_SUPPLY_DEPARTMENT;

class RationTest : public ::testing::Test {
 protected:
  RationTest() {
    county_.PublishPolicy([](auto& policy) { policy.set_publish_lead_minutes(60); });
    county_.ListSkus(5);
  }
  ~RationTest() override { EXPECT_TRUE(county_.status().ok()) << county_.status(); }

  partition::Outcome Tight(const v1::PublishTightListRequest& request) {
    return county_.Send(supply_, "RationService/PublishTightList", request);
  }
  partition::Outcome Rations(const std::vector<std::tuple<int, std::string, int64_t>>& caps) {
    v1::PublishRationsRequest request;
    for (const auto& [sku, ration_class, cap] : caps) {
      auto* ration = request.add_rations();
      ration->set_sku(SkuCode(sku));
      ration->set_ration_class(ration_class);
      ration->set_cap_cartons(cap);
    }
    return county_.Send(supply_, "RationService/PublishRations", request);
  }
  static v1::PublishTightListRequest List(const std::vector<int>& skus, const std::string& window = "") {
    v1::PublishTightListRequest request;
    for (int sku : skus) request.add_skus(SkuCode(sku));
    request.set_window_id(window);
    return request;
  }

  AllocationCounty county_;
  const partition::Actor supply_ = Staff("620121S01", ROLE_SUPPLY_DEPARTMENT);
};

TEST_F(RationTest, ListPublishedBeforeTheWindowCountsFromItsOpening) {
  county_.Schedule();
  ASSERT_TRUE(Accepted(Tight(List({2, 1, 2}, kWindow))));
  const TightList* list = TightListNamed(county_.state(), 620121, "620121-tight-1");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->skus, (std::vector<Code>{Code(SkuCode(1)), Code(SkuCode(2))}));
  EXPECT_EQ(list->effective_from, Shanghai(2019, 8, 3, 12));
}

TEST_F(RationTest, ListForAWindowThatIsOpenIsLate) {
  county_.Schedule();
  county_.Tick(Shanghai(2019, 8, 3, 11, 30));
  EXPECT_TRUE(Refused(Tight(List({1}, kWindow)), common::v1::REASON_TIGHT_LIST_LATE, "window_id"))
      << "less than the lead time before the opening";
  county_.Tick(Shanghai(2019, 8, 3, 12));
  county_.Open();
  EXPECT_TRUE(Refused(Tight(List({1}, kWindow)), common::v1::REASON_TIGHT_LIST_LATE, "window_id"));
}

TEST_F(RationTest, ListForThePastIsLate) {
  auto request = List({1});
  request.mutable_effective_from()->set_seconds(absl::ToUnixSeconds(county_.now() - absl::Seconds(1)));
  EXPECT_TRUE(Refused(Tight(request), common::v1::REASON_TIGHT_LIST_LATE, "effective_from"));
}

TEST_F(RationTest, UnknownSkusAndWindowsAreNamed) {
  EXPECT_TRUE(Refused(Tight(List({1, 77})), common::v1::REASON_SKU_UNKNOWN, "skus[1]"));
  EXPECT_TRUE(Refused(Tight(List({1}, kWindow)), common::v1::REASON_WINDOW_UNKNOWN, "window_id"));
}

TEST_F(RationTest, SameListAgainIsNoNewVersion) {
  county_.Schedule();
  Tight(List({1}, kWindow));
  const size_t decisions = county_.records().size();
  EXPECT_TRUE(Accepted(Tight(List({1}, kWindow))));
  EXPECT_EQ(county_.records().size(), decisions);
}

TEST_F(RationTest, OnlyTightSkusHaveARation) {
  Tight(List({1}));
  const auto outcome = Rations({{1, "M", 5}, {2, "M", 5}});
  EXPECT_EQ(outcome.refusals.size(), 1);
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_NOT_TIGHT, "rations[1].sku"));
}

TEST_F(RationTest, EveryShopOfAClassHasTheSameCap) {
  Tight(List({1, 2}));
  EXPECT_TRUE(Refused(Rations({{1, "M", 5}, {1, "M", 6}}), common::v1::REASON_INVALID_FIELD,
                      "rations[1].ration_class"));
  ASSERT_TRUE(Accepted(Rations({{1, "M", 5}, {1, "L", 9}})));
  const Caps caps(county_.state(), 620121, "620121-tight-1", "620121-ration-1");
  EXPECT_EQ(caps.Of(Code(SkuCode(1)), "M"), 5);
  EXPECT_EQ(caps.Of(Code(SkuCode(1)), "L"), 9);
  EXPECT_EQ(caps.Of(Code(SkuCode(1)), "S"), std::nullopt);
  EXPECT_EQ(caps.Of(Code(SkuCode(2)), "M"), std::nullopt);
}

TEST_F(RationTest, CapOfASkuThatIsNoLongerTightDoesNotCount) {
  Tight(List({1}));
  Rations({{1, "M", 5}});
  Tight(List({2}));
  EXPECT_EQ(Caps(county_.state(), 620121, "620121-tight-2", "620121-ration-1").Of(Code(SkuCode(1)), "M"),
            std::nullopt);
}

TEST_F(RationTest, AccountManagerWhoPublishesIsRefusedAndRecorded) {
  const auto outcome = county_.Send(Staff("620121A01", ROLE_ACCOUNT_MANAGER), "RationService/PublishRations",
                                    v1::PublishRationsRequest());
  EXPECT_TRUE(Refused(outcome, common::v1::REASON_FORBIDDEN_ACTION, ""));
  EXPECT_EQ(county_.Last()[0].forbidden_action_attempted().method(),
            "/sanyuan.allocation.v1.RationService/PublishRations");
}

}  // namespace
}  // namespace sanyuan::testing
