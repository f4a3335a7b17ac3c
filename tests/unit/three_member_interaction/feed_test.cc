// The feed shows each change of a clue once, in order, to those who may see it.
#include "services/three_member_interaction/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using three_member_interaction::CheckWatch;
using three_member_interaction::FeedCaller;
using three_member_interaction::FeedEventsOf;
using three_member_interaction::FilterDigest;
using three_member_interaction::IsShownInFeeds;
using three_member_interaction::MayAskFor;

const FeedCaller kCounty{kCountyManager, {}};

FeedCaller Of(const char* inspector, const char* squad, std::vector<Code> relatives = {}) {
  return {ThreeMemberCounty::Inspector(inspector),
          {{ThreeMemberCounty::kCode, {true, common::v1::ROLE_INSPECTOR, squad, std::move(relatives)}}}};
}

tmi::WatchCluesRequest WatchAll() {
  tmi::WatchCluesRequest request;
  request.add_county_codes(ThreeMemberCounty::kCode);
  return request;
}

std::vector<tmi::ClueFeedEvent> FeedOf(const ThreeMemberCounty& county, const tmi::WatchCluesRequest& request,
                                       const FeedCaller& caller) {
  std::vector<tmi::ClueFeedEvent> all;
  for (size_t i = 0; i < county.records().size(); ++i) {
    host::TailRecord record;
    record.place.height = i + 1;
    record.decided_at = county.records()[i].stamp.decided_at;
    for (size_t j = 0; j < county.records()[i].events.size(); ++j) {
      auto event = std::make_unique<tmi::Event>();
      EXPECT_TRUE(event->ParseFromString(county.records()[i].events[j]));
      if (IsShownInFeeds(*event)) record.events.push_back({static_cast<uint32_t>(j), std::move(event)});
    }
    for (tmi::ClueFeedEvent& event : FeedEventsOf(record, request, caller)) all.push_back(std::move(event));
  }
  return all;
}

std::vector<tmi::ClueChange> Changes(const std::vector<tmi::ClueFeedEvent>& events) {
  std::vector<tmi::ClueChange> changes;
  for (const tmi::ClueFeedEvent& event : events) changes.push_back(event.change());
  return changes;
}

TEST(Feed, ShowsEveryChangeInTheOrderOfTheJournal) {
  ThreeMemberCounty county;
  const std::string id = county.FedBack(tmi::CLUE_RESULT_TRUE);
  county.Acknowledge(id);
  const auto events = FeedOf(county, WatchAll(), kCounty);
  EXPECT_THAT(Changes(events),
              ElementsAre(tmi::CLUE_CHANGE_REPORTED, tmi::CLUE_CHANGE_ACCEPTED, tmi::CLUE_CHANGE_ASSIGNED,
                          tmi::CLUE_CHANGE_VERIFICATION_STARTED, tmi::CLUE_CHANGE_RESULT_PROPOSED,
                          tmi::CLUE_CHANGE_VERIFIED, tmi::CLUE_CHANGE_FEEDBACK_SENT,
                          tmi::CLUE_CHANGE_ACKNOWLEDGED, tmi::CLUE_CHANGE_CLOSED));
  for (size_t i = 1; i < events.size(); ++i) {
    EXPECT_LT(std::make_pair(events[i - 1].height(), events[i - 1].index()),
              std::make_pair(events[i].height(), events[i].index()));
  }
  EXPECT_EQ(events.back().index(), 1U);
  EXPECT_EQ(events.back().clue().state(), tmi::CLUE_STATE_CLOSED);
  EXPECT_EQ(events.back().result(), tmi::CLUE_RESULT_TRUE);
}

TEST(Feed, NamesNoReporter) {
  ThreeMemberCounty county;
  county.Report({"D1", common::v1::ROLE_DELIVERY_STAFF});
  for (const tmi::ClueFeedEvent& event : FeedOf(county, WatchAll(), kCounty)) {
    EXPECT_EQ(event.SerializeAsString().find("D1"), std::string::npos);
  }
}

TEST(Feed, ASquadSeesItsOwnAndWhatNobodyHas) {
  ThreeMemberCounty county;
  county.Verifying();
  EXPECT_THAT(Changes(FeedOf(county, WatchAll(), Of("I4", "SQ2"))),
              ElementsAre(tmi::CLUE_CHANGE_REPORTED, tmi::CLUE_CHANGE_ACCEPTED));
  EXPECT_THAT(Changes(FeedOf(county, WatchAll(), Of("I1", "SQ1"))),
              ElementsAre(tmi::CLUE_CHANGE_REPORTED, tmi::CLUE_CHANGE_ACCEPTED, tmi::CLUE_CHANGE_ASSIGNED,
                          tmi::CLUE_CHANGE_VERIFICATION_STARTED));
  EXPECT_THAT(FeedOf(county, WatchAll(), {kAccountManager, {}}), IsEmpty());
}

TEST(Feed, NobodySeesCluesAboutTheShopsOfRelatives) {
  ThreeMemberCounty county;
  county.Verifying();
  const Code shop(FeedOf(county, WatchAll(), kCounty).front().clue().licence());
  EXPECT_THAT(FeedOf(county, WatchAll(), Of("I1", "SQ1", {shop})), IsEmpty());
}

TEST(Feed, ASquadIsNotAskedForByOthers) {
  tmi::ClueFilter filter;
  filter.add_squad_ids("SQ2");
  EXPECT_TRUE(MayAskFor(Of("I4", "SQ2"), filter));
  EXPECT_FALSE(MayAskFor(Of("I1", "SQ1"), filter));
  EXPECT_TRUE(MayAskFor(kCounty, filter));
  EXPECT_TRUE(MayAskFor(Of("I1", "SQ1"), {}));
}

TEST(Feed, IsFilteredByEachFacet) {
  ThreeMemberCounty county;
  county.Verifying(tmi::CLUE_GRADE_A);
  county.Report({ThreeMemberCounty::Shop(2), common::v1::ROLE_RETAILER}, tmi::CLUE_GRADE_C);
  auto grade = WatchAll();
  grade.mutable_filter()->add_grades(tmi::CLUE_GRADE_C);
  EXPECT_THAT(Changes(FeedOf(county, grade, kCounty)), ElementsAre(tmi::CLUE_CHANGE_REPORTED));
  auto source = WatchAll();
  source.mutable_filter()->add_sources(tmi::CLUE_SOURCE_RETAILER);
  EXPECT_THAT(Changes(FeedOf(county, source, kCounty)), ElementsAre(tmi::CLUE_CHANGE_REPORTED));
  auto state = WatchAll();
  state.mutable_filter()->add_states(tmi::CLUE_STATE_ASSIGNED);
  EXPECT_THAT(Changes(FeedOf(county, state, kCounty)), ElementsAre(tmi::CLUE_CHANGE_ASSIGNED));
  auto squad = WatchAll();
  squad.mutable_filter()->add_squad_ids("SQ2");
  EXPECT_THAT(FeedOf(county, squad, kCounty), IsEmpty());
  auto route = WatchAll();
  route.mutable_filter()->add_route_ids("R06");
  EXPECT_THAT(FeedOf(county, route, kCounty), IsEmpty());
  tmi::WatchCluesRequest elsewhere;
  elsewhere.add_county_codes("620122");
  EXPECT_THAT(FeedOf(county, elsewhere, kCounty), IsEmpty());
}

TEST(Feed, TheDigestTellsFiltersApartAndNotTheirOrder) {
  auto one = WatchAll();
  one.mutable_filter()->add_squad_ids("SQ1");
  one.mutable_filter()->add_squad_ids("SQ2");
  auto other = WatchAll();
  other.mutable_filter()->add_squad_ids("SQ2");
  other.mutable_filter()->add_squad_ids("SQ1");
  other.set_resume_token("anything");
  EXPECT_EQ(FilterDigest(one), FilterDigest(other));
  auto route = WatchAll();
  route.mutable_filter()->add_route_ids("SQ1");
  route.mutable_filter()->add_route_ids("SQ2");
  EXPECT_NE(FilterDigest(one), FilterDigest(route));
  EXPECT_NE(FilterDigest(one), FilterDigest(WatchAll()));
}

TEST(Feed, ATokenOfAnotherFilterIsNone) {
  tmi::ClueFeedToken token;
  token.set_filter_digest(std::string(FilterDigest(WatchAll()).view()));
  token.add_places()->set_height(7);
  const std::string text = three_member_interaction::TokenText(token);
  const auto parsed = three_member_interaction::ParseToken(text, FilterDigest(WatchAll()));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->places(0).height(), 7U);
  auto other = WatchAll();
  other.mutable_filter()->add_grades(tmi::CLUE_GRADE_A);
  EXPECT_FALSE(three_member_interaction::ParseToken(text, FilterDigest(other)).has_value());
  EXPECT_FALSE(three_member_interaction::ParseToken("\xff", FilterDigest(WatchAll())).has_value());
}

TEST(Feed, CountiesAreNamedOnceAndWellFormed) {
  EXPECT_TRUE(CheckWatch(WatchAll()).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(CheckWatch({})));
  auto twice = WatchAll();
  twice.add_county_codes(ThreeMemberCounty::kCode);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckWatch(twice)));
}

}  // namespace
}  // namespace sanyuan::testing
