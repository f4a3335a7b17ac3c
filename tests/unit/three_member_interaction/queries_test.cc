// Who sees what of a clue: the reporter stays hidden from those who need not know.
#include "services/three_member_interaction/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/three_member_view.h"

namespace sanyuan::testing {
namespace {

using ::testing::SizeIs;
using three_member_interaction::GetClue;
using three_member_interaction::ListClues;

class Queries : public ::testing::Test {
 protected:
  void Project() { testing::Project(county_, view_); }
  absl::StatusOr<tmi::GetClueResponse> Get(const partition::Actor& caller, const std::string& id) {
    return GetClue(view_, caller, county_.For<tmi::GetClueRequest>(id));
  }
  std::vector<std::string> List(const partition::Actor& caller, tmi::ListCluesRequest request = {}) {
    request.set_county_code(ThreeMemberCounty::kCode);
    const auto response = ListClues(view_, caller, request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> ids;
    if (response.ok()) {
      for (const tmi::Clue& clue : response->clues()) ids.push_back(clue.clue_id());
    }
    return ids;
  }

  ThreeMemberCounty county_;
  MemoryView view_;
};

TEST_F(Queries, TheReporterIsShownToOfficersAndTheCountyAlone) {
  const std::string id = county_.Verifying();
  Project();
  for (const partition::Actor& knows :
       {ThreeMemberCounty::Inspector("I1"), ThreeMemberCounty::Head("H1"), kCountyManager}) {
    const auto response = Get(knows, id);
    ASSERT_TRUE(response.ok()) << knows.id;
    EXPECT_EQ(response->clue().reporter_id(), "A1");
    EXPECT_FALSE(response->clue().text().text().empty());
  }
  for (const partition::Actor& masked :
       {ThreeMemberCounty::Inspector("I3"), partition::Actor{"U1", common::v1::ROLE_AUDITOR}}) {
    const auto response = Get(masked, id);
    ASSERT_TRUE(response.ok()) << masked.id;
    EXPECT_EQ(response->clue().reporter_id(), "");
  }
}

TEST_F(Queries, TheShopAndOtherSquadsAndKinSeeNothing) {
  county_.AddStaff("I3", common::v1::ROLE_INSPECTOR, "SQ9", {ThreeMemberCounty::Shop(1)});
  const std::string id = county_.Verifying();
  Project();
  for (const partition::Actor& none :
       {partition::Actor{ThreeMemberCounty::Shop(1), common::v1::ROLE_RETAILER},
        ThreeMemberCounty::Inspector("I4"), ThreeMemberCounty::Inspector("I3"),
        partition::Actor{"D1", common::v1::ROLE_DELIVERY_STAFF}}) {
    EXPECT_TRUE(absl::IsNotFound(Get(none, id).status())) << none.id;
    EXPECT_THAT(List(none), SizeIs(0)) << none.id;
  }
}

TEST_F(Queries, TheReporterLearnsTheResultWithTheFeedbackAndNotWhoLooked) {
  const std::string id = county_.Verified(tmi::CLUE_RESULT_TRUE);
  Project();
  EXPECT_EQ(Get(kAccountManager, id)->clue().result(), tmi::CLUE_RESULT_UNSPECIFIED);
  county_.Feedback(id);
  Project();
  EXPECT_EQ(Get(kAccountManager, id)->clue().result(), tmi::CLUE_RESULT_TRUE);
  EXPECT_FALSE(Get(kAccountManager, id)->clue().has_first());
  EXPECT_THAT(List(kAccountManager), SizeIs(1));
}

TEST_F(Queries, ADuplicateShowsTheResultOfTheOtherOnceItWasTold) {
  const std::string first = county_.Verifying();
  const partition::Actor retailer{ThreeMemberCounty::Shop(3), common::v1::ROLE_RETAILER};
  const std::string second = county_.Report(retailer);
  county_.Duplicate(second, first);
  county_.Propose(first, tmi::CLUE_RESULT_PARTLY);
  county_.Approve(first, tmi::CLUE_RESULT_PARTLY);
  Project();
  EXPECT_EQ(Get(retailer, second)->clue().result(), tmi::CLUE_RESULT_UNSPECIFIED);
  county_.Feedback(first);
  Project();
  EXPECT_EQ(Get(retailer, second)->clue().result(), tmi::CLUE_RESULT_PARTLY);
}

TEST_F(Queries, ListsAreFilteredAndPaged) {
  for (int i = 0; i < 5; ++i) county_.Report(kAccountManager, tmi::CLUE_GRADE_C);
  const std::string one = county_.Verifying();
  Project();
  tmi::ListCluesRequest request;
  request.set_state(tmi::CLUE_STATE_VERIFYING);
  EXPECT_THAT(List(kCountyManager, request), ::testing::ElementsAre(one));
  request.Clear();
  request.set_squad_id("SQ1");
  EXPECT_THAT(List(kCountyManager, request), ::testing::ElementsAre(one));
  request.Clear();
  request.set_county_code(ThreeMemberCounty::kCode);
  request.set_page_size(4);
  const auto page = ListClues(view_, kCountyManager, request);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->clues_size(), 4);
  request.set_page_token(page->next_page_token());
  const auto rest = ListClues(view_, kCountyManager, request);
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->clues_size(), 2);
  EXPECT_EQ(rest->next_page_token(), "");
}

}  // namespace
}  // namespace sanyuan::testing
