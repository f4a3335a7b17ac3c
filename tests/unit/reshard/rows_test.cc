// The folded state before and after.
#include "common/reshard/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/partition/partitioner.h"

namespace sanyuan::reshard {
namespace {

using ::testing::HasSubstr;

constexpr County kCounty = 620121;

SetDigest Rows(const std::vector<std::string>& members) {
  SetDigest digest;
  for (const std::string& member : members) digest.Add(member);
  return digest;
}

RowDigests Holding(const std::string& table, County county, const SetDigest& rows) {
  return {{{table, county}, rows}};
}

// `count` partitions, the county's own with these rows.
std::vector<RowDigests> InOwn(int32_t count, const SetDigest& rows) {
  std::vector<RowDigests> partitions(static_cast<size_t>(count));
  partitions[static_cast<size_t>(partition::PartitionOf(kCounty, count))] = Holding("orders", kCounty, rows);
  return partitions;
}

TEST(Rows, OfACountyStandInItsOwnPartition) {
  EXPECT_TRUE(CompareRows("x", InOwn(3, Rows({"a", "b"})), InOwn(8, Rows({"b", "a"}))).ok());
  const absl::Status lost = CompareRows("x", InOwn(3, Rows({"a", "b"})), InOwn(8, Rows({"a"})));
  EXPECT_EQ(lost.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(lost.message()), HasSubstr("table orders of county 620121"));
  auto elsewhere = InOwn(8, Rows({}));
  elsewhere[static_cast<size_t>(partition::PartitionOf(kCounty, 8) + 1) % 8] =
      Holding("orders", kCounty, Rows({"a"}));
  EXPECT_FALSE(CompareRows("x", InOwn(3, Rows({"a"})), elsewhere).ok());
}

TEST(Rows, ThatStandInEveryPartitionStandInEveryOneAfterwards) {
  const std::vector<RowDigests> two(2, Holding("skus", 0, Rows({"a"})));
  EXPECT_TRUE(CompareRows("x", two, std::vector<RowDigests>(5, Holding("skus", 0, Rows({"a"})))).ok());
  EXPECT_FALSE(CompareRows("x", two, std::vector<RowDigests>(5, Holding("skus", 0, Rows({"b"})))).ok());
  std::vector<RowDigests> one_short(5, Holding("skus", 0, Rows({"a"})));
  one_short.back().clear();
  EXPECT_FALSE(CompareRows("x", two, one_short).ok());
}

TEST(Rows, OfNoCountyThatDifferAreTheSameAllTogether) {
  // Timers: each partition has its counties'.
  const std::vector<RowDigests> before = {Holding("timers", 0, Rows({"a"})),
                                          Holding("timers", 0, Rows({"b", "c"}))};
  EXPECT_TRUE(CompareRows("x", before, {Holding("timers", 0, Rows({"a", "b", "c"}))}).ok());
  EXPECT_FALSE(CompareRows("x", before, {Holding("timers", 0, Rows({"a", "b"}))}).ok());
}

TEST(Rows, OfNoCountyThatAreInOneOfSeveralPartitionsAreLeftToTheAudit) {
  // What one partition holds may stand everywhere or be of its counties.
  const std::vector<RowDigests> one = {Holding("skus", 0, Rows({"a"}))};
  EXPECT_TRUE(CompareRows("x", one, std::vector<RowDigests>(5, one[0])).ok());
  EXPECT_TRUE(CompareRows("x", one, {one[0], {}}).ok());
}

}  // namespace
}  // namespace sanyuan::reshard
