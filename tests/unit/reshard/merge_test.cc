// The order in which decisions of several journals are copied.
#include "common/reshard/merge.h"

#include <gtest/gtest.h>

#include <string>

namespace sanyuan::reshard {
namespace {

using Heads = std::vector<Merge::Head>;  // Of one journal.

// Journal and height of each decision in the order of the merge: "0:2 1:2 ...".
std::string Merged(std::vector<Heads> journals) {
  Merge merge(journals.size());
  std::vector<size_t> next(journals.size(), 0);
  const auto offer = [&](size_t journal) {
    if (next[journal] == journals[journal].size()) return;
    Merge::Head head = journals[journal][next[journal]++];
    head.journal = journal;
    merge.Offer(std::move(head));
  };
  for (size_t journal = 0; journal < journals.size(); ++journal) offer(journal);
  std::string order;
  while (const auto head = merge.Next()) {
    order += (order.empty() ? "" : " ") + std::to_string(head->journal) + ":" + std::to_string(head->height);
    offer(head->journal);
  }
  return order;
}

Merge::Head At(int64_t time, uint64_t height, std::vector<std::pair<size_t, uint64_t>> seen = {}) {
  return {0, height, time, std::move(seen)};
}

TEST(Merge, IsByTimeAndKeepsTheOrderOfEachJournal) {
  EXPECT_EQ(Merged({{At(1, 2), At(5, 3), At(5, 4)}, {At(2, 2), At(4, 3), At(9, 4)}}),
            "0:2 1:2 1:3 0:3 0:4 1:4");
}

TEST(Merge, OfTheSameTimeTheLowerJournalComesFirst) {
  EXPECT_EQ(Merged({{At(7, 2), At(7, 3)}, {At(7, 2)}, {At(7, 2)}}), "0:2 0:3 1:2 2:2");
}

TEST(Merge, OfTheSameTimeWhatWasSeenComesBeforeWhatHadSeenIt) {
  // 0:2 had read journal 1 up to height 3, and 1:3 had read journal 2 up to height 2.
  EXPECT_EQ(Merged({{At(7, 2, {{1, 3}})}, {At(7, 2), At(7, 3, {{2, 2}})}, {At(7, 2)}}), "1:2 2:2 1:3 0:2");
}

TEST(Merge, ARecordThatIsNoDecisionIsSeenWithTheDecisionsBeforeIt) {
  // Height 4 of journal 1 is a take-over behind its last decision.
  EXPECT_EQ(Merged({{At(7, 2, {{1, 4}})}, {At(7, 3)}}), "1:3 0:2");
  EXPECT_EQ(Merged({{At(7, 2, {{1, 4}})}, {At(7, 3), At(7, 5)}}), "1:3 0:2 1:5");
}

TEST(Merge, APagedReactionComesBehindTheDecisionThatItReactsTo) {
  journal::v1::Cursor cursor;
  cursor.set_height(3);
  EXPECT_EQ(SeenHeight(cursor), 3U);
  cursor.set_index(20);  // Effects of height 4 are decided, and there are more of them.
  EXPECT_EQ(SeenHeight(cursor), 4U);
  EXPECT_EQ(Merged({{At(7, 2, {{1, SeenHeight(cursor)}})}, {At(7, 3), At(7, 4)}}), "1:3 1:4 0:2");
}

TEST(Merge, WhereAnEffectBearsAnEarlierTimeThanItsCauseTimeGoesFirst) {
  EXPECT_EQ(Merged({{At(5, 2, {{1, 2}})}, {At(6, 2)}}), "0:2 1:2");
}

TEST(Merge, JournalsWithoutDecisionsHoldUpNobody) {
  EXPECT_EQ(Merged({{}, {At(1, 2, {{0, 9}})}}), "1:2");
  EXPECT_EQ(Merged({{}, {}}), "");
}

}  // namespace
}  // namespace sanyuan::reshard
