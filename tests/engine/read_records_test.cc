// The record of a height on a log where late records of a former writer stand among the accepted ones.
#include "common/host/read_records.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/partition/frame.h"

namespace sanyuan::host {
namespace {

using partition::FrameKind;
using partition::Strictness;

const log::TopicPartition kJournal{"counter.journal", 0};

class FindHeightTest : public ::testing::Test {
 protected:
  // The digest of what was appended.
  Digest Append(FrameKind kind, uint64_t term, uint64_t height, const Digest& prev) {
    partition::Frame frame;
    frame.kind = kind;
    frame.journal_id.fill('j');
    frame.term = term;
    frame.height = height;
    frame.prev = prev;
    const std::string payload = "record " + std::to_string(records_.size());
    frame.payload = payload;
    records_.push_back(Seal(frame));
    partition::Frame sealed;
    EXPECT_EQ(partition::Parse(records_.back(), sealed), partition::FrameError::kNone);
    return sealed.digest;
  }
  ReadRecords Reader() {
    return [this](const log::TopicPartition&, int64_t offset,
                  size_t limit) -> absl::StatusOr<std::vector<log::Record>> {
      std::vector<log::Record> found;
      for (auto at = static_cast<size_t>(offset); at < records_.size() && found.size() < limit; ++at) {
        found.push_back({static_cast<int64_t>(at), records_[at]});
        ++read_;
      }
      return found;
    };
  }
  int64_t OffsetOf(uint64_t height, Strictness strictness, std::optional<partition::Place>* from = nullptr) {
    const auto record = FindHeight(Reader(), kJournal, height, strictness, from);
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() && *record ? (*record)->offset : -1;
  }
  // A second writer takes over at height 3 while two records of the first are on their way.
  void WriteWithLateRecords() {
    Digest head = Append(FrameKind::kGenesis, 0, 0, {});
    head = Append(FrameKind::kTakeOver, 1, 1, head);
    head = Append(FrameKind::kDecision, 1, 2, head);
    Digest late = head;
    head = Append(FrameKind::kTakeOver, 3, 3, head);
    late = Append(FrameKind::kDecision, 1, 3, late);
    Append(FrameKind::kDecision, 1, 4, late);
    head = Append(FrameKind::kDecision, 3, 4, head);
    Append(FrameKind::kDecision, 3, 5, head);
  }

  std::vector<std::string> records_;
  size_t read_ = 0;
};

TEST_F(FindHeightTest, ALateRecordIsNotTakenForTheAcceptedOneOfItsHeight) {
  WriteWithLateRecords();
  EXPECT_EQ(OffsetOf(3, Strictness::kLenient), 3);
  EXPECT_EQ(OffsetOf(4, Strictness::kLenient), 6);
  EXPECT_EQ(OffsetOf(5, Strictness::kLenient), 7);
  EXPECT_EQ(OffsetOf(6, Strictness::kLenient), -1);
  // By its number alone it would be.
  EXPECT_EQ(OffsetOf(4, Strictness::kStrict), 5);
}

TEST_F(FindHeightTest, HeightsInAscendingOrderAreFoundInOneReading) {
  WriteWithLateRecords();
  std::optional<partition::Place> from;
  EXPECT_EQ(OffsetOf(2, Strictness::kLenient, &from), 2);
  EXPECT_EQ(OffsetOf(4, Strictness::kLenient, &from), 6);
  ASSERT_TRUE(from);
  EXPECT_EQ(from->height, 4u);
  read_ = 0;
  EXPECT_EQ(OffsetOf(5, Strictness::kLenient, &from), 7);
  EXPECT_EQ(read_, 2u);  // The place's own record and the next one.
  // A lower one is looked for from the beginning.
  EXPECT_EQ(OffsetOf(1, Strictness::kLenient, &from), 1);
}

TEST_F(FindHeightTest, APlaceWhoseRecordIsNotThereAnyMoreIsNotUsed) {
  WriteWithLateRecords();
  std::optional<partition::Place> from;
  EXPECT_EQ(OffsetOf(2, Strictness::kLenient, &from), 2);
  from->head = Sha256("another record");
  EXPECT_EQ(OffsetOf(4, Strictness::kLenient, &from), 6);
}

}  // namespace
}  // namespace sanyuan::host
