// What may be answered from the records that a subscription has just given, and what only the log can tell.
#include "common/host/recent_records.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sanyuan::host {
namespace {

const log::TopicPartition kJournal{"order_intake.journal", 3};

std::vector<log::Record> Records(std::initializer_list<int64_t> offsets, size_t bytes = 1) {
  std::vector<log::Record> records;
  for (const int64_t offset : offsets) records.push_back({offset, std::string(bytes, 'r')});
  return records;
}

std::vector<int64_t> OffsetsOf(const std::optional<RecentRecords::Piece>& piece) {
  std::vector<int64_t> offsets;
  for (const log::Record& record : piece.value().records) offsets.push_back(record.offset);
  return offsets;
}

TEST(RecentRecordsTest, WhatWasGivenIsThereFromAnyOffsetOnUpToTheLimit) {
  RecentRecords recent;
  recent.Add(kJournal, Records({5, 6}));
  recent.Add(kJournal, Records({7}));
  EXPECT_EQ(OffsetsOf(recent.From(kJournal, 5, 10)), std::vector<int64_t>({5, 6, 7}));
  EXPECT_EQ(OffsetsOf(recent.From(kJournal, 6, 1)), std::vector<int64_t>({6}));
  EXPECT_EQ(recent.From(kJournal, 6, 1)->end, 8);
  // Its partition may still be reading: nothing here is no sign that the log has nothing.
  EXPECT_FALSE(recent.From(kJournal, 8, 10));
}

TEST(RecentRecordsTest, WhetherThereIsMoreOutsideOfWhatWasGivenOnlyTheLogCanTell) {
  RecentRecords recent;
  EXPECT_FALSE(recent.From(kJournal, 0, 10));
  recent.Add(kJournal, Records({5, 6}));
  EXPECT_FALSE(recent.From(kJournal, 4, 10));
  EXPECT_FALSE(recent.From(kJournal, 8, 10));
  EXPECT_FALSE(recent.From({kJournal.topic, 4}, 5, 10));
}

TEST(RecentRecordsTest, OffsetsThatTheLogLeavesOutAreLeftOut) {
  RecentRecords recent;
  recent.Add(kJournal, Records({5, 8}));
  EXPECT_EQ(OffsetsOf(recent.From(kJournal, 6, 10)), std::vector<int64_t>({8}));
}

TEST(RecentRecordsTest, ASubscriptionThatBeginsAnewTakesThePlaceOfWhatWasGivenBefore) {
  RecentRecords recent;
  recent.Add(kJournal, Records({5, 6}));
  recent.Add(kJournal, Records({2, 3}));
  EXPECT_EQ(OffsetsOf(recent.From(kJournal, 2, 10)), std::vector<int64_t>({2, 3}));
  EXPECT_FALSE(recent.From(kJournal, 5, 10));
  recent.Forget(kJournal);
  EXPECT_FALSE(recent.From(kJournal, 2, 10));
}

TEST(RecentRecordsTest, OldRecordsGoWhenTheyAreTooMuchButTheLastStays) {
  RecentRecords recent;
  recent.Add(kJournal, Records({1, 2, 3}, RecentRecords::kBytes / 2));
  EXPECT_EQ(OffsetsOf(recent.From(kJournal, 2, 10)), std::vector<int64_t>({2, 3}));
  EXPECT_FALSE(recent.From(kJournal, 1, 10));
  recent.Add(kJournal, Records({4}, RecentRecords::kBytes * 2));
  EXPECT_EQ(OffsetsOf(recent.From(kJournal, 4, 10)), std::vector<int64_t>({4}));
}

}  // namespace
}  // namespace sanyuan::host
