// The decisions of a journal at rest, one after the other, and what ends them.
#include "common/reshard/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sanyuan/allocation/v1/event.pb.h"
#include "tests/support/followed_journal.h"

namespace sanyuan::reshard {
namespace {

using ::testing::HasSubstr;

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() {
    for (int i = 1; i <= 4; ++i) journal_.Append(std::vector<std::string>{}, absl::FromUnixSeconds(i));
  }

  Source Opened(std::optional<partition::Place> end = std::nullopt) {
    return {{"allocation.journal", 0},
            journal_.Reader(),
            partition::Strictness::kStrict,
            static_cast<int64_t>(journal_.records.size()),
            std::move(end)};
  }
  // Heights of its decisions, until it ends with `ended`.
  static std::vector<uint64_t> Heights(Source source, absl::Status& ended) {
    std::vector<uint64_t> heights;
    while (true) {
      const auto any = source.Next();
      ended = any.status();
      if (!any.ok() || !*any) return heights;
      heights.push_back(source.place().height);
    }
  }

  testing::FollowedJournal journal_{[] { return std::make_unique<allocation::v1::Event>(); },
                                    [](const google::protobuf::Message&) { return false; }};
};

TEST_F(SourceTest, GivesEveryDecisionUpToTheEndThatIsKnown) {
  absl::Status ended;
  EXPECT_THAT(Heights(Opened(journal_.place()), ended), ::testing::ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(ended.ok());
}

TEST_F(SourceTest, DamageIsNoEnd) {
  journal_.records[3].back() ^= 1;
  for (const auto& end : {std::optional<partition::Place>(), std::optional(journal_.place())}) {
    absl::Status ended;
    EXPECT_THAT(Heights(Opened(end), ended), ::testing::ElementsAre(1, 2));
    EXPECT_EQ(ended.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(ended.message()), HasSubstr("allocation.journal/0 is damaged at offset 3"));
  }
}

TEST_F(SourceTest, BehindDamageThatWasReleasedItGoesOn) {
  const partition::Place before = journal_.place();
  journal_.Append(std::vector<std::string>{}, absl::FromUnixSeconds(5));
  journal_.records.back().back() ^= 1;
  journal_.Release(before, static_cast<int64_t>(journal_.records.size()) - 1);
  journal_.Append(std::vector<std::string>{}, absl::FromUnixSeconds(6));
  absl::Status ended;
  EXPECT_THAT(Heights(Opened(journal_.place()), ended), ::testing::ElementsAre(1, 2, 3, 4, 6));
  EXPECT_TRUE(ended.ok());
}

TEST_F(SourceTest, AnotherEndThanBeforeIsSaid) {
  const partition::Place end = journal_.place();
  journal_.Append(std::vector<std::string>{}, absl::FromUnixSeconds(5));
  absl::Status ended;
  EXPECT_THAT(Heights(Opened(end), ended), ::testing::SizeIs(5));
  EXPECT_EQ(ended.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("ended with before, at height 4"));
}

TEST_F(SourceTest, ACopysFormatIsThatOfItsOriginal) {
  journal::v1::Decision raised, copy;
  raised.mutable_format_raised()->set_format(2);
  copy.mutable_copied_from()->set_format(1);
  for (const auto& decision : {raised, copy, journal::v1::Decision()}) {
    journal_.Append(partition::FrameKind::kDecision, decision.SerializeAsString());
  }
  Source source = Opened();
  std::vector<uint32_t> formats;
  while (*source.Next()) formats.push_back(source.format());
  // Four of before, the raise, the copy, and one behind it.
  EXPECT_THAT(formats, ::testing::ElementsAre(1, 1, 1, 1, 1, 1, 2));
}

}  // namespace
}  // namespace sanyuan::reshard
