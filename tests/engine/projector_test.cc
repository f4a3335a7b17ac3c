// When a projector writes: at once for who waits, otherwise after a pause, and each batch once.
#include "common/host/projector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/timeline.h"

namespace sanyuan::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecordingStore final : public view::ViewStore {
 public:
  std::vector<uint64_t> applied;    // The height of each transaction.
  absl::Status refuse;              // Of the next one.
  absl::Status away;                // Of every call while it is not OK.
  bool unheard = false;             // The next transaction is done and its answer lost.
  int asked = 0;                    // For the position.
  std::function<void()> meanwhile;  // What happens during the next question.
  std::function<void()> applying;   // The same, before the next transaction.

  absl::StatusOr<std::optional<view::ViewPosition>> Position(const view::ViewName&) override {
    ++asked;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    if (!away.ok()) return away;
    return position_;
  }
  absl::Status Apply(const view::ViewName&, const std::optional<view::ViewPosition>& from,
                     const view::ViewPosition& to, absl::Span<const view::ViewRow>) override {
    if (applying) std::exchange(applying, nullptr)();
    if (!away.ok()) return away;
    if (absl::Status refused = std::exchange(refuse, absl::OkStatus()); !refused.ok()) return refused;
    if (from != position_) return absl::FailedPreconditionError("it stands elsewhere");
    position_ = to;
    applied.push_back(to.height);
    if (std::exchange(unheard, false)) return absl::UnavailableError("no answer in time");
    return absl::OkStatus();
  }
  absl::Status Clear(const view::ViewName&) override {
    if (away.ok()) position_.reset();
    return away;
  }
  std::unique_ptr<view::ViewReader> Reader(const view::ViewName&) override { return nullptr; }

 private:
  std::optional<view::ViewPosition> position_;
};

class NoRows final : public view::Projection {
 public:
  void Project(const state::Change&, std::vector<view::ViewRow>&) const override {}
};

partition::Place PlaceAt(uint64_t height) {
  partition::Place place;
  place.height = height;
  place.head = Sha256("record " + std::to_string(height));
  return place;
}

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() {
    projector_.Begin(PlaceAt(1), {});
    timeline_.Pass(absl::ZeroDuration());
    store_.applied.clear();
  }

  void Accept(uint64_t height) {
    projector_.Accepted({PlaceAt(height), partition::FrameKind::kDecision, {}, {}});
  }
  void Wait(uint64_t height, absl::Duration time) {
    projector_.WhenReached(height, timeline_.Now() + time,
                           [this, height](bool reached) { (reached ? reached_ : late_).push_back(height); });
  }

  RecordingStore store_;
  NoRows projection_;
  testing::Timeline timeline_;
  int lost_ = 0;
  std::vector<uint64_t> reached_, late_;
  Projector projector_{{"counter", 0}, store_, projection_, timeline_.NewStrand(), [this] { ++lost_; }};
};

TEST_F(ProjectorTest, WhatNobodyWaitsForIsWrittenTogetherAfterAPause) {
  Accept(2);
  timeline_.Pass(absl::Milliseconds(5));
  Accept(3);
  EXPECT_THAT(store_.applied, IsEmpty());
  timeline_.Pass(absl::Milliseconds(5));
  EXPECT_THAT(store_.applied, ElementsAre(3));
  EXPECT_EQ(projector_.height(), 3u);
}

TEST_F(ProjectorTest, AViewThatIsLostWhileNothingChangesIsFoundByACheck) {
  int checked = 0;
  projector_.CheckView([&] { ++checked; });
  timeline_.Pass(absl::ZeroDuration());
  EXPECT_EQ(lost_, 0);
  ASSERT_TRUE(store_.Clear({"counter", 0}).ok());
  projector_.CheckView([&] { ++checked; });
  timeline_.Pass(absl::ZeroDuration());
  EXPECT_EQ(lost_, 1);
  // Built anew by what was asked for; another instance's view is its own matter.
  projector_.Begin(PlaceAt(1), {});
  timeline_.Pass(absl::Seconds(1));
  EXPECT_THAT(store_.applied, ElementsAre(1));
  ASSERT_TRUE(store_.Clear({"counter", 0}).ok());
  projector_.StandBy(true);
  projector_.CheckView([&] { ++checked; });
  timeline_.Pass(absl::ZeroDuration());
  EXPECT_EQ(lost_, 1);
  EXPECT_EQ(checked, 3);
}

TEST_F(ProjectorTest, WhoWaitsShortensThePauseAndTheRunThatHeOvertookDoesNothing) {
  Accept(2);
  timeline_.Pass(absl::Milliseconds(1));
  EXPECT_THAT(store_.applied, IsEmpty());
  Wait(2, absl::Seconds(1));
  timeline_.Pass(absl::ZeroDuration());
  EXPECT_THAT(store_.applied, ElementsAre(2));
  EXPECT_THAT(reached_, ElementsAre(2));

  // Were the run of the first pause still to count, it would write this one before its own pause is over.
  Accept(3);
  timeline_.Pass(absl::Milliseconds(9));
  EXPECT_THAT(store_.applied, ElementsAre(2));
  timeline_.Pass(absl::Milliseconds(1));
  EXPECT_THAT(store_.applied, ElementsAre(2, 3));
}

TEST_F(ProjectorTest, WithSomebodyWaitingForMoreEveryRecordIsWrittenAtOnce) {
  Wait(4, absl::Seconds(1));
  for (uint64_t height = 2; height <= 4; ++height) {
    Accept(height);
    timeline_.Pass(absl::ZeroDuration());
  }
  EXPECT_THAT(store_.applied, ElementsAre(2, 3, 4));
  EXPECT_THAT(reached_, ElementsAre(4));
}

TEST_F(ProjectorTest, WaitersAreToldWhenTheirDeadlineComes) {
  Wait(9, absl::Seconds(1));
  Wait(9, absl::Seconds(3));
  projector_.ExpireWaiters(timeline_.Now() + absl::Seconds(2));
  EXPECT_THAT(late_, ElementsAre(9));
  EXPECT_THAT(reached_, IsEmpty());
}

TEST_F(ProjectorTest, WhatTheStoreHasDoneWithoutAnAnswerIsReachedWhenTheViewIsBegunAgain) {
  store_.unheard = true;
  Wait(2, absl::Seconds(10));
  Accept(2);
  timeline_.Pass(absl::Milliseconds(10));
  EXPECT_EQ(lost_, 1);
  EXPECT_THAT(reached_, IsEmpty());
  projector_.Begin(PlaceAt(2), {});
  timeline_.Pass(absl::Seconds(1));
  EXPECT_THAT(reached_, ElementsAre(2));
  EXPECT_EQ(projector_.height(), 2u);
}

TEST_F(ProjectorTest, AViewThatStandsElsewhereIsAskedForAgainAndBuiltFromTheState) {
  store_.refuse = absl::FailedPreconditionError("an old copy came back");
  Accept(2);
  timeline_.Pass(absl::Milliseconds(10));
  EXPECT_EQ(lost_, 1);
  Accept(3);
  timeline_.Pass(absl::Milliseconds(10));
  EXPECT_THAT(store_.applied, IsEmpty());
  projector_.Begin(PlaceAt(3), {});
  timeline_.Pass(absl::Milliseconds(50));
  EXPECT_THAT(store_.applied, ElementsAre(3));
  EXPECT_EQ(projector_.height(), 3u);
}

class StoreAwayTest : public ProjectorTest {
 protected:
  // The owner of the state begins anew whenever he is asked to.
  void Answer() {
    if (std::exchange(lost_, 0) > 0) projector_.Begin(PlaceAt(height_), {});
  }
  void AcceptNext(size_t changed_rows = 1) {
    projector_.Accepted(
        {PlaceAt(++height_), partition::FrameKind::kDecision, {}, std::vector<state::Change>(changed_rows)});
  }
  void GoAway() {
    store_.away = absl::UnavailableError("it is away");
    AcceptNext();
    timeline_.Pass(absl::Milliseconds(10));
    Answer();
  }

  uint64_t height_ = 1;
};

TEST_F(StoreAwayTest, TheViewIsTriedAgainUntilTheStoreIsBackAndThenHasAll) {
  GoAway();
  for (int i = 0; i < 100; ++i) {
    AcceptNext();
    timeline_.Pass(absl::Milliseconds(200));
    Answer();
  }
  EXPECT_THAT(store_.applied, IsEmpty());
  store_.away = absl::OkStatus();
  timeline_.Pass(absl::Seconds(3));
  EXPECT_EQ(store_.applied.back(), height_);
  EXPECT_EQ(projector_.height(), height_);
  AcceptNext();
  timeline_.Pass(absl::Milliseconds(10));
  EXPECT_EQ(store_.applied.back(), height_);
}

TEST_F(StoreAwayTest, WhoWaitsDoesNotMakeItTryMoreOften) {
  GoAway();
  timeline_.Pass(absl::Seconds(20));
  store_.asked = 0;
  for (int i = 0; i < 100; ++i) {
    Wait(height_ + 1, absl::Seconds(1));
    timeline_.Pass(absl::Milliseconds(100));
  }
  EXPECT_LE(store_.asked, 4);
}

TEST_F(StoreAwayTest, MoreThanIsKeptIsBuiltFromTheStateWhenTheStoreIsBack) {
  GoAway();
  for (int i = 0; i < 50; ++i) {
    AcceptNext(1'000);
    timeline_.Pass(absl::Seconds(1));
    EXPECT_EQ(lost_, 0) << "the state was asked for while nobody could take it";
  }
  store_.away = absl::OkStatus();
  timeline_.Pass(absl::Seconds(3));
  EXPECT_EQ(lost_, 1);
  Answer();
  timeline_.Pass(absl::Seconds(3));
  EXPECT_THAT(store_.applied, ElementsAre(height_));
}

TEST_F(StoreAwayTest, WhatIsGivenUpDuringATryIsNotForgotten) {
  GoAway();
  store_.meanwhile = [this] { AcceptNext(30'000); };
  timeline_.Pass(absl::Seconds(3));
  AcceptNext();
  store_.away = absl::OkStatus();
  timeline_.Pass(absl::Seconds(3));
  EXPECT_THAT(store_.applied, IsEmpty()) << "rows were left out";
  EXPECT_EQ(lost_, 1);
  AcceptNext();  // It is part of the state that comes.
  timeline_.Pass(absl::Milliseconds(50));
  EXPECT_THAT(store_.applied, IsEmpty());
  Answer();
  timeline_.Pass(absl::Seconds(3));
  EXPECT_THAT(store_.applied, ElementsAre(height_));
}

TEST_F(StoreAwayTest, AfterStopNothingIsTriedAgain) {
  GoAway();
  projector_.Stop();
  timeline_.Pass(absl::Minutes(1));
  store_.asked = 0;
  AcceptNext();
  timeline_.Pass(absl::Minutes(1));
  EXPECT_EQ(store_.asked, 0);
}

// Two instances over one store: this one stands by while the other one writes.
class StandByTest : public StoreAwayTest {
 protected:
  StandByTest() {
    projector_.StandBy(true);
    other_.Begin(PlaceAt(1), {});
    timeline_.Pass(absl::Milliseconds(50));
    store_.applied.clear();
  }
  // Both read the same journal.
  void BothAccept(size_t changed_rows = 1) {
    AcceptNext(changed_rows);
    other_.Accepted(
        {PlaceAt(height_), partition::FrameKind::kDecision, {}, std::vector<state::Change>(changed_rows)});
  }

  int others_lost_ = 0;
  Projector other_{{"counter", 0}, store_, projection_, timeline_.NewStrand(), [this] { ++others_lost_; }};
};

TEST_F(StandByTest, WhoStandsByWritesNothingAndGoesOnWhereTheOtherOneStopped) {
  for (int i = 0; i < 5; ++i) BothAccept();
  timeline_.Pass(absl::Seconds(5));
  EXPECT_THAT(store_.applied, ElementsAre(6));
  other_.StandBy(true);
  for (int i = 0; i < 3; ++i) BothAccept();
  timeline_.Pass(absl::Seconds(5));
  EXPECT_THAT(store_.applied, ElementsAre(6));
  projector_.StandBy(false);
  Wait(height_, absl::Seconds(10));
  timeline_.Pass(absl::Seconds(1));
  EXPECT_THAT(store_.applied, ElementsAre(6, 9));
  EXPECT_THAT(reached_, ElementsAre(9));
  EXPECT_EQ(lost_, 0) << "the state was asked for, although all was kept";
  EXPECT_EQ(others_lost_, 0);
}

TEST_F(StandByTest, AViewThatIsFurtherThanWhoGoesOnIsLeftAsItIsUntilItsReaderIsThere) {
  for (int i = 0; i < 5; ++i) BothAccept();
  timeline_.Pass(absl::Milliseconds(50));
  // The other one has accepted and shown one more.
  other_.Accepted({PlaceAt(height_ + 1), partition::FrameKind::kDecision, {}, {}});
  timeline_.Pass(absl::Milliseconds(50));
  other_.StandBy(true);
  projector_.StandBy(false);
  timeline_.Pass(absl::Seconds(1));
  AcceptNext();
  AcceptNext();
  timeline_.Pass(absl::Seconds(1));
  EXPECT_THAT(store_.applied, ElementsAre(6, 7, 8));
  EXPECT_EQ(lost_, 0);
}

TEST_F(StandByTest, WhatIsKeptIsBoundedAndMissingRowsAreTakenFromTheState) {
  other_.StandBy(true);  // Nobody writes.
  for (int i = 0; i < 50; ++i) {
    BothAccept(1'000);
    timeline_.Pass(absl::Milliseconds(100));
  }
  projector_.StandBy(false);
  timeline_.Pass(absl::Seconds(1));
  EXPECT_THAT(store_.applied, IsEmpty()) << "rows were left out";
  EXPECT_EQ(lost_, 1);
  Answer();
  timeline_.Pass(absl::Seconds(1));
  EXPECT_THAT(store_.applied, ElementsAre(height_));
}

TEST_F(StandByTest, AStoreThatIsEmptyOrAnotherHistorysIsBuiltFromTheState) {
  for (int i = 0; i < 5; ++i) BothAccept();
  timeline_.Pass(absl::Seconds(5));
  other_.StandBy(true);
  ASSERT_TRUE(store_.Clear({"counter", 0}).ok());
  projector_.StandBy(false);
  timeline_.Pass(absl::Seconds(1));
  EXPECT_EQ(lost_, 1);
}

TEST_F(StandByTest, AStoreThatIsAwayIsAskedAgain) {
  for (int i = 0; i < 5; ++i) BothAccept();
  timeline_.Pass(absl::Milliseconds(50));
  other_.StandBy(true);
  BothAccept();
  store_.away = absl::UnavailableError("it is away");
  projector_.StandBy(false);
  timeline_.Pass(absl::Seconds(10));
  store_.away = absl::OkStatus();
  timeline_.Pass(absl::Seconds(4));
  EXPECT_THAT(store_.applied, ElementsAre(6, 7));
  EXPECT_EQ(lost_, 0);
}

TEST_F(StandByTest, WhatWasBeingWrittenWhenItBeganToStandByIsNotTakenForKept) {
  other_.StandBy(true);
  projector_.StandBy(false);
  timeline_.Pass(absl::Seconds(1));
  Answer();
  timeline_.Pass(absl::Seconds(1));
  store_.applied.clear();
  AcceptNext();
  store_.applying = [this] {
    AcceptNext();
    projector_.StandBy(true);
    store_.refuse = absl::UnavailableError("just now");
  };
  timeline_.Pass(absl::Milliseconds(20));
  EXPECT_THAT(store_.applied, IsEmpty());
  lost_ = 0;  // The state was asked for, and has not come yet.
  projector_.StandBy(false);
  timeline_.Pass(absl::Milliseconds(100));
  EXPECT_THAT(store_.applied, IsEmpty()) << "a record was left out";
  EXPECT_EQ(lost_, 1);
}

TEST_F(StandByTest, WhoWaitsIsSentElsewhereWhenItStandsBy) {
  projector_.StandBy(false);
  timeline_.Pass(absl::Seconds(1));
  Wait(99, absl::Hours(1));
  projector_.StandBy(true);
  EXPECT_THAT(late_, ElementsAre(99));
}

}  // namespace
}  // namespace sanyuan::host
