// Small installations that are resharded as a whole.
#include "common/reshard/reshard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/host/replay.h"
#include "common/log/embedded/embedded_log.h"
#include "common/partition/origin.h"
#include "common/reshard/source.h"
#include "tests/unit/reshard/small_installation.h"

namespace sanyuan::reshard {
namespace {

using journal::v1::Decision;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReshardTest : public ::testing::Test {
 protected:
  ReshardTest() {
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("sanyuan-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  ~ReshardTest() override {
    logs_.clear();
    std::filesystem::remove_all(folder_);
  }

  // Older journals, one for each list of decisions.
  Installation Older(const std::vector<std::vector<Decision>>& journals) {
    const auto count = static_cast<int32_t>(journals.size());
    for (int32_t partition = 0; partition < count; ++partition) {
      Writer writer(older_, partition, count, static_cast<uint8_t>(partition + 1));
      writer.Append(FormatRaised());
      for (const Decision& decision : journals[static_cast<size_t>(partition)]) writer.Append(decision);
    }
    return {{AllocationAlone()}, count, &older_};
  }
  // The same with another number of partitions, and what was said of it.
  Installation To(const Installation& from, int32_t partitions) {
    const std::string place = folder_ / std::to_string(logs_.size());
    std::filesystem::create_directories(place);
    log::EmbeddedLogOptions options;
    options.directory = place;
    logs_.push_back(*log::EmbeddedLog::Open(options));
    Request request;
    request.partitions = partitions;
    request.why = "test";
    auto done = Reshard(
        from, [&]() -> absl::StatusOr<log::Log*> { return logs_.back().get(); },
        [this] { return hand_over_; }, request);
    status_ = done.status();
    if (done.ok()) report_ = *std::move(done);
    return {from.specs, partitions, logs_.back().get()};
  }
  // What a partition holds behind its genesis, take-over and format.
  static std::vector<Decision> Held(const Installation& of, int32_t partition) {
    const log::TopicPartition journal{kTopic, partition};
    Source source(journal, of.Reader(), of.strictness, *of.log->EndOffset(journal));
    std::vector<Decision> decisions;
    while (*source.Next()) {
      if (source.decision().has_copied_from()) decisions.push_back(source.decision());
    }
    return decisions;
  }
  // The response that a request with this id gets again; empty: it is not known.
  static std::string Remembered(const Installation& of, int32_t partition, const Decision& command) {
    std::string response;
    const auto replayed = host::Replay(of.specs[0], partition, of.Reader(), of.strictness, std::nullopt,
                                       [&](const partition::Partition& folded, partition::Domain&) {
                                         const auto* row = folded.books().requests.Find(RequestOf(command));
                                         Decision result;
                                         if (row != nullptr && result.ParseFromString(row->result))
                                           response = result.response();
                                       });
    EXPECT_TRUE(replayed.ok() && !replayed->damage);
    return response;
  }

  MemoryLog older_;
  std::filesystem::path folder_;
  std::vector<std::unique_ptr<log::EmbeddedLog>> logs_;
  absl::Status hand_over_;  // What bringing over the rest comes to.
  absl::Status status_;
  Report report_;
};

TEST_F(ReshardTest, ARefusalIsThereOnceInEachPartitionHoweverOftenItIsResharded) {
  const Decision refused = Command(1, 1, "refused", {});
  Installation now = Older({{refused}, {}});
  for (const int32_t partitions : {4, 8, 2, 3}) {
    now = To(now, partitions);
    ASSERT_TRUE(status_.ok()) << status_;
    for (int32_t partition = 0; partition < partitions; ++partition) {
      EXPECT_THAT(Held(now, partition), ::testing::SizeIs(1)) << partition << " of " << partitions;
      EXPECT_EQ(Remembered(now, partition, refused), "refused");
    }
  }
}

TEST_F(ReshardTest, ARefusalDoesNotReplaceWhatAnotherPartitionWasAskedWithTheSameId) {
  const Decision accepted = Command(1, 1, "accepted", {Retailer(CountyIn(0, 2), "11")});
  const Decision refused = Command(2, 1, "refused", {});
  const Installation now = To(Older({{accepted}, {refused}}), 4);
  ASSERT_TRUE(status_.ok()) << status_;
  const int32_t own = partition::PartitionOf(CountyIn(0, 2), 4);
  for (int32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(Remembered(now, partition, accepted), partition == own ? "accepted" : "refused");
  }
}

TEST_F(ReshardTest, OfAnIdThatTwoCountiesWereAskedWithTheLaterOutcomeIsKnownAndCounted) {
  const Decision first = Command(1, 1, "first", {Retailer(CountyIn(0, 2), "11")});
  const Decision second = Command(2, 1, "second", {Retailer(CountyIn(1, 2), "12")});
  const Installation now = To(Older({{first}, {second}}), 1);
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(Remembered(now, 0, first), "second");
  EXPECT_EQ(report_.request_ids_used_twice, 1U);
}

TEST_F(ReshardTest, CopiesOfCopiesNameTheFirstAndTheGenesisAllThatWereCopied) {
  const County one = CountyIn(0, 2), two = CountyIn(1, 2);
  const Decision both = Noted(1, {Sku("S1"), Retailer(one, "11"), Retailer(two, "12")});
  const Installation from = Older({{both}});
  const Installation parted = To(from, 2);
  ASSERT_TRUE(status_.ok()) << status_;
  const Installation merged = To(parted, 1);
  ASSERT_TRUE(status_.ok()) << status_;
  std::vector<uint32_t> numbers;
  for (const Decision& copy : Held(merged, 0)) {
    EXPECT_NE(copy.copied_from().journal_id(), std::string(16, 1));
    const journal::v1::Origin& first = partition::FirstOrigin(copy.copied_from());
    EXPECT_EQ(first.journal_id(), std::string(16, 1));
    EXPECT_EQ(first.height(), 2U);
    for (int i = 0; i < copy.events_size(); ++i) {
      numbers.push_back(partition::NumberInOrigin(first, static_cast<uint32_t>(i)));
    }
  }
  EXPECT_THAT(numbers, ::testing::UnorderedElementsAre(0, 1, 2));
  const auto genesis = host::ReadGenesis(merged.Reader(), {kTopic, 0});
  ASSERT_TRUE(genesis.ok());
  const host::Generations generations = host::GenerationsOf(*genesis);
  ASSERT_THAT(generations, ::testing::SizeIs(2));
  EXPECT_EQ(generations[0].ends_size(), 2);
  ASSERT_EQ(generations[1].ends_size(), 1);
  EXPECT_EQ(generations[1].ends(0).journal_id(), std::string(16, 1));
}

TEST_F(ReshardTest, WhatIsNotHandedOverLeavesJournalsThatNobodyLeads) {
  hand_over_ = absl::UnavailableError("no keys");
  const Installation left = To(Older({{Noted(1, {Sku("S1")})}}), 2);
  EXPECT_EQ(status_, hand_over_);
  const auto replayed = host::Replay(left.specs[0], 0, left.Reader(), left.strictness, std::nullopt,
                                     [&](const partition::Partition& folded, partition::Domain&) {
                                       EXPECT_TRUE(folded.books().BeingCopied());
                                     });
  EXPECT_TRUE(replayed.ok());
}

TEST_F(ReshardTest, ADecisionOfBeforeAPolicyThatAnotherPartitionKnewIsRefusedAndExplained) {
  allocation::v1::Event policy, window;
  policy.mutable_policy_noted()->set_version("P1");
  policy.mutable_policy_noted()->mutable_effective_from()->set_seconds(absl::ToUnixSeconds(kBegin) -
                                                                       1'000'000);
  window.mutable_window_noted()->set_window_id(CountyText(CountyIn(1, 2)) + "-20190610-1");
  window.mutable_window_noted()->set_occurrence(1);
  window.mutable_window_noted()->set_occurrences(4);
  window.mutable_window_noted()->mutable_opens_at()->set_seconds(absl::ToUnixSeconds(kBegin) + 100'000);
  To(Older({{Noted(1, {policy.SerializeAsString()})},
            {Noted(2, {window.SerializeAsString()}), Noted(3, {policy.SerializeAsString()})}}),
     3);
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status_.message()), HasSubstr("before it had taken over a policy"));
}

TEST_F(ReshardTest, OperatorsDecisionsAreCountedAndTheEndOfCopyingIsNone) {
  To(To(Older({{}, {}}), 3), 2);
  ASSERT_TRUE(status_.ok()) << status_;
  // The format of each of the three; not their CopyCompleted.
  EXPECT_EQ(report_.operators_decisions, 3U);
}

TEST_F(ReshardTest, WhatAnOlderJournalHoldsWronglyIsNoMatterOfTheRequest) {
  To(Older({{Noted(1, {Retailer(CountyIn(1, 2), "12")})}, {}}), 3);
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status_.message()), HasSubstr("allocation.journal/0 at height 2: a "));
}

}  // namespace
}  // namespace sanyuan::reshard
