// What the audit finds in journals that are not what they were copied from.
#include "common/reshard/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/partition/origin.h"
#include "tests/unit/reshard/small_installation.h"

namespace sanyuan::reshard {
namespace {

using journal::v1::Decision;
using ::testing::HasSubstr;

std::string Page(County county, const std::string& run) {
  allocation::v1::Event event;
  event.mutable_allocation_page()->set_run_id(CountyText(county) + run);
  return event.SerializeAsString();
}
std::string Published(County county, const std::string& run, uint64_t page) {
  allocation::v1::Event event;
  auto* published = event.mutable_allocation_published();
  published->set_county_code(CountyText(county));
  published->set_run_id(CountyText(county) + run);
  published->add_page_heights(page);
  return event.SerializeAsString();
}

// One partition becomes two, each with a county of its own.
class AuditTest : public ::testing::Test {
 protected:
  AuditTest() {
    from_.specs = to_.specs = {AllocationAlone()};
    from_.partitions = 1;
    to_.partitions = 2;
    from_.log = &older_;
    to_.log = &newer_;
    Writer older(older_, 0, 1, 1);
    Decide(older, FormatRaised(), {});
    Decide(older, Noted(1, {Sku("S1"), Retailer(kOne, "11"), Retailer(kTwo, "12")}),
           {Events({0, 1}), Events({0, 2})});
    Decide(older, Command(2, 1, "refused", {}), {Events({}), Events({})});
    Decide(older, Noted(3, {Page(kOne, "-a")}), {Events({0})});
    Decide(older, Noted(4, {Published(kOne, "-a", 4)}), {Events({0})});
    Decide(older, Command(5, 2, "done", {Retailer(kTwo, "13")}), {std::nullopt, Events({0})});
    // At height 3 of the new journal.
    *copies[0][3].mutable_events(0) = Published(kOne, "-a", 3);
    end_ = older.place();
  }

  using Numbers = std::optional<std::vector<uint32_t>>;  // Nothing: there is no copy.
  static Numbers Events(std::vector<uint32_t> numbers) { return numbers; }
  // Gives the events with these numbers to each new partition.
  void Decide(Writer& older, const Decision& decision, const std::vector<Numbers>& numbers) {
    const partition::Place place = older.Append(decision);
    for (size_t target = 0; target < numbers.size(); ++target) {
      if (!numbers[target]) continue;
      Decision& copy = copies[target].emplace_back(decision);
      copy.clear_events();
      for (const uint32_t number : *numbers[target])
        copy.add_events(decision.events(static_cast<int>(number)));
      *copy.mutable_copied_from() =
          partition::OriginOf(place, decision, place.height > 1 ? 2 : 1, *numbers[target]);
    }
  }

  absl::StatusOr<Counts> Audited() {
    newer_.journals.clear();
    for (int32_t partition = 0; partition < 2; ++partition) {
      Writer writer(newer_, partition, 2, static_cast<uint8_t>(10 + partition));
      for (const Decision& copy : copies[static_cast<size_t>(partition)]) writer.Append(copy);
    }
    const std::vector<Surveyed> surveyed = {
        {from_.Journals()[0], end_, end_.offset + 1, kBegin + absl::Minutes(1), {}, {}}};
    auto counts = Audit(from_, surveyed, to_);
    if (!counts.ok()) return counts.status();
    return (*counts)["allocation"];
  }
  std::string WhyNot() {
    const auto audited = Audited();
    EXPECT_EQ(audited.status().code(), absl::StatusCode::kDataLoss);
    return std::string(audited.status().message());
  }

  static inline const County kOne = CountyIn(0, 2), kTwo = CountyIn(1, 2);
  MemoryLog older_, newer_;
  Installation from_, to_;
  partition::Place end_;
  std::vector<Decision> copies[2];  // Of each new partition.
};

TEST_F(AuditTest, CountsWhatIsThere) {
  const auto counts = Audited();
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->decisions, 5U);
  EXPECT_EQ(counts->acknowledged, 2U);
  EXPECT_EQ(counts->copies, 7U);
}

TEST_F(AuditTest, FindsACopyThatIsThereTwice) {
  copies[0].push_back(copies[0].back());
  EXPECT_THAT(WhyNot(), HasSubstr("does not come behind that of the copy before it"));
}

TEST_F(AuditTest, FindsAShareOfADecisionThatIsMissing) {
  copies[1][0].mutable_events()->RemoveLast();
  copies[1][0].mutable_copied_from()->mutable_events()->RemoveLast();
  EXPECT_THAT(WhyNot(), HasSubstr("at height 2: its events are not in the new journals"));
}

TEST_F(AuditTest, FindsAnEventThatIsInTwoPartitions) {
  copies[1][0].add_events(Retailer(kOne, "11"));
  copies[1][0].mutable_copied_from()->add_events(1);
  EXPECT_THAT(WhyNot(), HasSubstr("each once"));
}

TEST_F(AuditTest, FindsAnEventThatWasChanged) {
  *copies[1][2].mutable_events(0) = Retailer(kTwo, "14");
  EXPECT_THAT(WhyNot(),
              HasSubstr("at height 6: its events are not in the new journals, each once and as it was"));
}

TEST_F(AuditTest, FindsAnEventThatBearsAnothersNumber) {
  copies[1][0].mutable_copied_from()->set_events(1, 1);
  EXPECT_THAT(WhyNot(), HasSubstr("its events are not"));
}

TEST_F(AuditTest, FindsAnotherOutcomeTimeOrFormat) {
  const auto good = copies[1][2];
  copies[1][2].set_response("other");
  EXPECT_THAT(WhyNot(), HasSubstr("at height 6: its copies say another"));
  copies[1][2] = good;
  copies[1][2].set_decided_at_us(good.decided_at_us() + 1);
  EXPECT_THAT(WhyNot(), HasSubstr("at height 6: its copies say another"));
  copies[1][2] = good;
  copies[1][2].mutable_copied_from()->set_format(1);
  EXPECT_THAT(WhyNot(), HasSubstr("at height 6: its copies say another"));
  copies[1][2] = good;
  copies[1][2].mutable_copied_from()->mutable_before()->set_height(1);
  EXPECT_THAT(WhyNot(), HasSubstr("at height 6: its copies say another"));
  copies[1][2] = good;
  copies[1][1].set_response("other");
  EXPECT_THAT(WhyNot(), HasSubstr("differs from another copy of the same record"));
}

TEST_F(AuditTest, FindsADecisionThatIsNowhereAndACopyOfNothing) {
  copies[1].pop_back();
  EXPECT_THAT(WhyNot(), HasSubstr("at height 6: it is in no new journal"));
  copies[1].push_back(copies[1].back());
  copies[1].back().mutable_copied_from()->set_height(99);
  EXPECT_THAT(WhyNot(), HasSubstr("copy of nothing"));
}

TEST_F(AuditTest, FindsAPageThatIsNamedWhereItDoesNotStand) {
  *copies[0][3].mutable_events(0) = Published(kOne, "-a", 4);
  EXPECT_THAT(WhyNot(), HasSubstr("names height 4, where no page of it stands"));
  *copies[0][3].mutable_events(0) = Published(kOne, "-b", 3);
  EXPECT_THAT(WhyNot(), HasSubstr("no page of it stands"));
}

TEST_F(AuditTest, FindsThatOnePartitionLacksWhatBelongsToNoCounty) {
  // From one partition the rows alone would not show it: all together hold the same.
  copies[1][0].mutable_events()->DeleteSubrange(0, 1);
  copies[1][0].mutable_copied_from()->mutable_events()->Clear();
  copies[1][0].mutable_copied_from()->add_events(2);
  EXPECT_THAT(WhyNot(), HasSubstr("allocation.journal/1 holds 0 events that belong to no county"));
}

TEST_F(AuditTest, FindsThatOnePartitionDoesNotRememberARefusedRequest) {
  copies[1].erase(copies[1].begin() + 1);
  EXPECT_THAT(WhyNot(), HasSubstr("at height 3: allocation.journal/1 does not remember its request id"));
  copies[0].erase(copies[0].begin() + 1);
  *copies[0][2].mutable_events(0) = Published(kOne, "-a", 2);
  EXPECT_THAT(WhyNot(), HasSubstr("does not remember its request id"));
}

TEST_F(AuditTest, TakesAnotherOutcomeOfTheSameRequestForRemembered) {
  copies[0].clear();
  copies[1].clear();
  older_.journals.clear();
  Writer older(older_, 0, 1, 1);
  Decide(older, FormatRaised(), {});
  Decide(older, Command(2, 1, "refused", {}), {Events({}), std::nullopt});
  Decide(older, Command(5, 1, "done", {Retailer(kTwo, "13")}), {std::nullopt, Events({0})});
  end_ = older.place();
  EXPECT_TRUE(Audited().ok()) << Audited().status();
}

}  // namespace
}  // namespace sanyuan::reshard
