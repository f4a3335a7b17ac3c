// Views and queries: what each role sees, and that an explanation says what the record says.
#include "common/view/query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/allocation/queries.h"
#include "services/allocation/view.h"
#include "tests/support/allocation_county.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using common::v1::ROLE_AUDITOR;
using Order = AllocationCounty::Order;

// Rows in memory, applied as a projector would.
class MemoryView final : public view::ViewReader {
 public:
  void Apply(const std::vector<view::ViewRow>& rows) {
    for (const view::ViewRow& row : rows) {
      if (row.value) {
        rows_[row.key] = *row.value;
      } else {
        rows_.erase(row.key);
      }
    }
  }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    const auto row = rows_.find(std::string(key));
    if (row == rows_.end()) return std::optional<std::string>();
    return std::optional(row->second);
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Scan(std::string_view prefix,
                                                                        std::string_view after,
                                                                        size_t limit) const override {
    std::vector<std::pair<std::string, std::string>> found;
    auto row = after.empty() ? rows_.lower_bound(std::string(prefix)) : rows_.upper_bound(std::string(after));
    for (; row != rows_.end() && found.size() < limit && row->first.compare(0, prefix.size(), prefix) == 0;
         ++row) {
      found.emplace_back(*row);
    }
    return found;
  }

 private:
  std::map<std::string, std::string> rows_;
};

class QueryTest : public ::testing::Test {
 protected:
  QueryTest() {
    county_.PublishPolicy();
    county_.ListSkus(2, "4");
    county_.Register({{.number = 1}, {.number = 2}});
    agreement_ = county_.Agree(1);
    county_.Agree(2, "2019-08", 60);
    county_.PublishTight({1});
    county_.PublishCaps({{1, 9}});
    orders_ = {{1, {{1, 12}, {2, 4}}}, {2, {{1, 9}}}};
    county_.Allocate(orders_, {{1, 15}, {2, 10}});
    // The journal is short: project all that it led to, in one go.
    const auto replayed = county_.Replayed();
    const AllocationView projection(replayed->state());
    std::vector<view::ViewRow> rows;
    for (const state::Change& change : replayed->store().AcceptedRows()) projection.Project(change, rows);
    view_.Apply(rows);
  }

  template <typename Request>
  static Request ForCounty() {
    Request request;
    request.set_county_code(kCounty);
    return request;
  }

  AllocationCounty county_;
  std::string agreement_;
  std::vector<Order> orders_;
  MemoryView view_;
  const partition::Actor auditor_ = Staff("620121U01", ROLE_AUDITOR);
};

TEST_F(QueryTest, RetailerSeesHisOwnAgreementAlone) {
  auto request = ForCounty<v1::GetAgreementRequest>();
  request.set_agreement_id(agreement_);
  const auto own = GetAgreement(view_, Retailer(1), request);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->agreement().agreed_total_cartons(), 100);
  EXPECT_EQ(own->agreement().state(), v1::AGREEMENT_STATE_ACTIVE);
  EXPECT_EQ(GetAgreement(view_, Retailer(2), request).status().code(), absl::StatusCode::kPermissionDenied);
  auto list = ForCounty<v1::ListAgreementsRequest>();
  EXPECT_FALSE(ListAgreements(view_, Retailer(2), list).ok());
  list.set_page_size(1);
  const auto first = ListAgreements(view_, auditor_, list);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->agreements_size(), 1);
  list.set_page_token(first->next_page_token());
  const auto second = ListAgreements(view_, auditor_, list);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->agreements_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(QueryTest, AllowanceShowsCeilingAndPacing) {
  auto request = ForCounty<v1::GetAllowanceRequest>();
  request.set_licence(Licence(1));
  request.set_month("2019-08");
  const auto response = GetAllowance(view_, Retailer(1), request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->allowance().ceiling_cartons(), 110);
  EXPECT_EQ(response->allowance().pacing_ceilings_cartons_size(), 4);
  request.set_month("2019-8");
  EXPECT_EQ(GetAllowance(view_, Retailer(1), request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(QueryTest, EverybodySeesTightListAndRations) {
  const auto tight = ListTightSkus(view_, Retailer(1), ForCounty<v1::ListTightSkusRequest>());
  ASSERT_TRUE(tight.ok());
  EXPECT_EQ(tight->tight_list().skus(0), SkuCode(1));
  auto request = ForCounty<v1::ListRationsRequest>();
  request.set_ration_class("L");
  EXPECT_EQ(ListRations(view_, Retailer(1), request)->ration_table().rations_size(), 0);
  request.set_ration_class("M");
  EXPECT_EQ(ListRations(view_, Retailer(1), request)->ration_table().rations(0).cap_cartons(), 9);
}

TEST_F(QueryTest, AllocationOfAnOrderShowsEachLineAndWhy) {
  auto request = ForCounty<v1::GetAllocationRequest>();
  request.set_window_id(kWindow);
  request.set_licence(Licence(1));
  const auto response = GetAllocation(view_, Retailer(1), request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->allocations_size(), 1);
  const v1::Allocation& allocation = response->allocations(0);
  ASSERT_EQ(allocation.lines_size(), 2);
  EXPECT_EQ(allocation.lines(0).sku(), SkuCode(1));
  EXPECT_EQ(allocation.lines(0).explanation().cap_cartons(), 9);
  EXPECT_EQ(allocation.lines(0).explanation().input_digest().size(), 32);
  EXPECT_EQ(allocation.lines(1).offered_cartons(), 4);
  EXPECT_EQ(allocation.lines(1).explanation().level().rule(), v1::LINE_RULE_FULL);
  EXPECT_EQ(GetAllocation(view_, Retailer(2), request).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(QueryTest, AllocationsOfAWindowAreListedPageByPageWithoutExplanations) {
  auto request = ForCounty<v1::ListAllocationsRequest>();
  request.set_window_id(kWindow);
  request.set_page_size(1);
  std::vector<std::string> licences;
  int64_t offered = 0;
  do {
    const auto page = ListAllocations(view_, auditor_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_LE(page->allocations_size(), 1);
    for (const v1::Allocation& allocation : page->allocations()) {
      licences.push_back(allocation.licence());
      EXPECT_EQ(allocation.run_id(), kRun);
      for (const v1::AllocationLine& line : allocation.lines()) {
        offered += line.offered_cartons();
        EXPECT_FALSE(line.has_explanation());
      }
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(licences, (std::vector<std::string>{Licence(1), Licence(2)}));
  EXPECT_EQ(offered, 19);
  request.set_window_id("620121-20190812-1");
  EXPECT_EQ(ListAllocations(view_, auditor_, request)->allocations_size(), 0);
}

TEST_F(QueryTest, ExplanationInWordsNamesTheNumbersOfTheRecord) {
  auto request = ForCounty<v1::ExplainLineRequest>();
  request.set_window_id(kWindow);
  request.set_licence(Licence(1));
  request.set_order_id(orders_[0].id);
  request.set_line_number(1);
  const auto response = ExplainLine(view_, Retailer(1), request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->recomputed_cartons(), response->line().offered_cartons());
  EXPECT_NE(response->zh().find("合理定量为9条"), std::string::npos) << response->zh();
  EXPECT_NE(response->en().find("asks for 12 cartons"), std::string::npos) << response->en();
  EXPECT_NE(response->en().find("15 cartons could be shared out"), std::string::npos) << response->en();
  request.set_line_number(3);
  EXPECT_EQ(ExplainLine(view_, Retailer(1), request).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(QueryTest, RunShowsItsSumsAndFillByClass) {
  auto request = ForCounty<v1::GetRunRequest>();
  request.set_run_id(kRun);
  const auto response = GetRun(view_, auditor_, request);
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::Run& run = response->run();
  EXPECT_EQ(run.state(), v1::RUN_STATE_PUBLISHED);
  EXPECT_EQ(run.requested_cartons(), 25);
  EXPECT_EQ(run.offered_cartons(), 19);
  ASSERT_EQ(run.fill_size(), 1);
  EXPECT_EQ(run.fill(0).price_class(), "4");
  EXPECT_EQ(run.fill(0).fill_bp(), 7'600);
  const auto list = ListRuns(view_, auditor_, ForCounty<v1::ListRunsRequest>());
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->runs(0).run_id(), kRun);
  EXPECT_EQ(list->runs(0).skus_size(), 0);
}

TEST_F(QueryTest, SupplyAndLotteryAreThere) {
  auto supply = ForCounty<v1::GetSupplyRequest>();
  supply.set_month("2019-08");
  EXPECT_EQ(GetSupply(view_, auditor_, supply)->supplies_size(), 2);
  auto window = ForCounty<v1::ListWindowSupplyRequest>();
  window.set_window_id(kWindow);
  const auto in_window = ListWindowSupply(view_, auditor_, window);
  ASSERT_TRUE(in_window.ok());
  EXPECT_EQ(in_window->supplies(0).mode(), v1::SUPPLY_MODE_RELEASED);
  EXPECT_EQ(in_window->supplies(0).offered_cartons(), 15);
  auto lottery = ForCounty<v1::GetTieKeyRequest>();
  lottery.set_window_id(kWindow);
  const auto tie_key = GetTieKey(view_, Retailer(1), lottery);
  ASSERT_TRUE(tie_key.ok());
  EXPECT_EQ(Sha256(tie_key->tie_key().secret()), DigestFromBytes(tie_key->tie_key().secret_hash()));
}

TEST_F(QueryTest, EveryQueryOfTheContractIsRegistered) {
  for (const auto* file : {v1::Agreement::descriptor()->file(), v1::Allowance::descriptor()->file(),
                           v1::TightList::descriptor()->file(), v1::Supply::descriptor()->file(),
                           v1::TieKeySecret::descriptor()->file(), v1::Run::descriptor()->file()}) {
    for (int m = 0; m < file->service(0)->method_count(); ++m) {
      const auto* method = file->service(0)->method(m);
      const bool command = method->input_type()->FindFieldByName("header") != nullptr;
      const std::string name = fmt::format("/{}/{}", file->service(0)->full_name(), method->name());
      EXPECT_EQ(AllocationQueries().contains(name), !command) << name;
    }
  }
}

}  // namespace
}  // namespace sanyuan::testing
