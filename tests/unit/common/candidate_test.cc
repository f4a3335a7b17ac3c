// Who leads a partition among several instances, and when another takes over.
#include "common/ownership/candidate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/ownership/directory.h"
#include "common/ownership/rows.h"

namespace sanyuan::ownership {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Duration kStep = absl::Milliseconds(50);

// Instances over one topic of announcements and one journal that holds nothing but take-overs.
class CandidateTest : public ::testing::Test {
 protected:
  struct Instance {
    explicit Instance(const std::string& name) : self(Self(name)), candidate(self, {}) {}
    static Announcement Self(const std::string& name) {
      Announcement announcement;
      announcement.share = {"counter", 0};
      announcement.instance = name;
      announcement.address = name + ":1";
      return announcement;
    }

    Announcement self;
    Candidate candidate;
    Standing standing;
    Course course;
    bool alive = true;
    bool reads_journal = true;
    size_t heard = 0;  // Of the topic.
  };

  Instance& Start(const std::string& name, bool assigned = true) {
    instances_.push_back(std::make_unique<Instance>(name));
    Instance& instance = *instances_.back();
    instance.standing.at_end = true;
    instance.standing.place = Journal();
    for (const Announcement& announcement : topic_) {
      instance.candidate.OnAnnounced(announcement, /*earlier=*/true, now_);
      ++instance.heard;
    }
    instance.candidate.OnAssigned(assigned);
    return instance;
  }

  static partition::Place At(uint64_t height, uint64_t term) {
    partition::Place place;
    place.height = height;
    place.term = term;
    place.head = Sha256("record " + std::to_string(height));
    return place;
  }
  partition::Place Journal() const { return At(height_, term_); }

  void Read(Instance& instance) {
    for (; instance.heard < topic_.size(); ++instance.heard) {
      const auto differs = instance.candidate.OnAnnounced(topic_[instance.heard], false, now_);
      if (differs) differences_.push_back(*differs);
    }
    if (instance.reads_journal) instance.standing.place = Journal();
  }

  void Step(Instance& instance) {
    Read(instance);
    instance.course = instance.candidate.Step(instance.standing, now_);
    if (topic_away_) instance.course.announce.clear();
    for (const Announcement& announcement : instance.course.announce) topic_.push_back(announcement);
    if (!instance.course.lead || instance.standing.leading || instance.standing.damage) return;
    ++height_;
    term_ = height_;
    ++take_overs_;
    for (auto& other : instances_) {
      if (!other->alive || !other->standing.leading) continue;
      other->standing.leading = false;
      other->candidate.OnStoodDown(now_);
      put_in_place_by_force_ += other->course.pause ? 0 : 1;
    }
    instance.standing.leading = true;
    instance.standing.decided = false;
    instance.standing.place = Journal();
  }

  void Pass(absl::Duration time) {
    for (const absl::Time end = now_ + time; now_ < end; now_ += kStep) {
      for (auto& instance : instances_) {
        if (instance->alive) Step(*instance);
      }
    }
  }

  static std::vector<std::string> Leaders(const std::vector<std::unique_ptr<Instance>>& instances) {
    std::vector<std::string> leaders;
    for (const auto& instance : instances) {
      if (instance->alive && instance->standing.leading) leaders.push_back(instance->self.instance);
    }
    return leaders;
  }
  std::vector<std::string> Leaders() const { return Leaders(instances_); }

  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<Announcement> topic_;
  bool topic_away_ = false;
  uint64_t height_ = 10;
  uint64_t term_ = 1;
  int take_overs_ = 0;
  int put_in_place_by_force_ = 0;
  std::vector<std::string> differences_;
};

TEST_F(CandidateTest, WhoIsAssignedLeadsAtOnceWhenNobodyElseDoes) {
  Start("a");
  Start("b", /*assigned=*/false);
  Pass(kStep * 3);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  Pass(absl::Minutes(1));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  EXPECT_EQ(take_overs_, 1);
}

TEST_F(CandidateTest, WhoLeadsStopsForTheNewcomerAndNothingIsTakenByForce) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  a.candidate.OnAssigned(false);
  Pass(absl::Seconds(20));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a")) << "revoked, but nobody else came";
  Start("b");
  Pass(kStep * 5);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("b"));
  EXPECT_EQ(take_overs_, 2);
  EXPECT_EQ(put_in_place_by_force_, 0);
}

TEST_F(CandidateTest, WhoHasSomethingUnderWayStopsWhenItIsAnswered) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  a.standing.drained = false;
  a.candidate.OnAssigned(false);
  Start("b");
  Pass(kStep * 4);
  EXPECT_TRUE(a.course.pause);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  a.standing.drained = true;
  Pass(kStep * 3);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("b"));
  EXPECT_EQ(put_in_place_by_force_, 0);
}

TEST_F(CandidateTest, WhoDoesNotAnswerIsPutInItsPlaceAfterTheNewcomersPatience) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  a.standing.drained = false;  // For ever.
  Start("b");
  Pass(absl::Milliseconds(400));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  Pass(absl::Milliseconds(400));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("b"));
}

TEST_F(CandidateTest, WhoHasBeenSilentIsNotWaitedFor) {
  Instance& a = Start("a");
  Instance& b = Start("b", /*assigned=*/false);
  Pass(absl::Seconds(3));
  a.alive = false;
  Pass(absl::Seconds(2));  // The group finds it out.
  b.candidate.OnAssigned(true);
  Pass(kStep * 2);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("b"));
}

TEST_F(CandidateTest, AnAskerThatDiesLetsTheOtherGoOnWithoutATakeOver) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  Instance& b = Start("b");
  Step(b);  // Asks.
  b.alive = false;
  Pass(absl::Seconds(1));
  EXPECT_TRUE(a.course.pause);
  Pass(absl::Seconds(2));
  EXPECT_FALSE(a.course.pause);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  EXPECT_EQ(take_overs_, 1);
}

TEST_F(CandidateTest, OfTwoAskersTheNewestTakesOverAlone) {
  Start("a");
  Start("b");
  Start("c");
  Pass(absl::Seconds(5));
  EXPECT_EQ(Leaders().size(), 1U);
  EXPECT_LE(take_overs_, 3);
  const int before = take_overs_;
  Pass(absl::Minutes(1));
  EXPECT_EQ(take_overs_, before) << "they settle, though each of them is assigned";
}

TEST_F(CandidateTest, WhoLostToAnotherGroupLeadsAgainWhenThatOneHasLeftOrFallsSilent) {
  for (const bool says_so : {true, false}) {
    instances_.clear();
    topic_.clear();
    Start("a");
    Pass(absl::Seconds(3));
    Instance& b = Start("b");
    Pass(absl::Seconds(3));
    ASSERT_THAT(Leaders(), ::testing::ElementsAre("b"));
    b.alive = false;
    if (says_so) {
      Announcement left = b.self;
      left.state = Announcement::State::kLeft;
      topic_.push_back(left);
    }
    Pass(says_so ? kStep * 3 : absl::Seconds(12));
    EXPECT_THAT(Leaders(), ::testing::ElementsAre("a")) << says_so;
  }
}

TEST_F(CandidateTest, WhoWasFrozenGetsBackWhatIsSharedOutToItThoughItNeverKnewThatItWasNot) {
  Instance& a = Start("a");
  Instance& b = Start("b", /*assigned=*/false);
  Pass(absl::Seconds(3));
  a.alive = false;
  Pass(absl::Seconds(2));
  b.candidate.OnAssigned(true);
  Pass(absl::Seconds(5));
  ASSERT_THAT(Leaders(), ::testing::ElementsAre("b"));
  // It wakes, is assigned what it was assigned before, and only then reads that another took over.
  b.candidate.OnAssigned(false);
  a.alive = true;
  a.candidate.OnAssigned(true);
  a.standing.leading = false;
  a.candidate.OnStoodDown(now_);
  Pass(absl::Seconds(3));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  const int before = take_overs_;
  Pass(absl::Minutes(1));
  EXPECT_EQ(take_overs_, before);
}

TEST_F(CandidateTest, NobodyTakesOverWhoHasNotAcceptedWhatOthersHave) {
  Instance& a = Start("a");
  Instance& b = Start("b", /*assigned=*/false);
  Pass(absl::Seconds(3));
  b.reads_journal = false;
  height_ += 5;
  Pass(absl::Seconds(1));
  a.alive = false;
  Pass(absl::Seconds(2));
  b.candidate.OnAssigned(true);
  Pass(absl::Seconds(40));
  EXPECT_THAT(Leaders(), IsEmpty());
  EXPECT_GT(b.candidate.Behind(now_), absl::Seconds(30));
  b.reads_journal = true;
  Pass(kStep * 2);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("b"));
}

TEST_F(CandidateTest, WhoIsStillReadingAsksNobodyToStop) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  Instance& b = Start("b");
  b.standing.at_end = false;
  Pass(absl::Seconds(20));
  EXPECT_FALSE(a.course.pause);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
}

TEST_F(CandidateTest, AHaltedPartitionIsLedByNobodyAndItsDamageIsAnnouncedOnce) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  a.standing.leading = false;
  a.standing.damage = FoundDamage{7, "flipped"};
  const size_t before = topic_.size();
  Pass(absl::Seconds(30));
  ASSERT_EQ(topic_.size(), before + 1);
  EXPECT_EQ(topic_.back().damage, a.standing.damage);
  EXPECT_FALSE(a.course.lead);
  a.standing.damage.reset();
  Pass(kStep * 3);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a")) << "released";
}

TEST_F(CandidateTest, TakingOverWithoutDecidingAnythingComesEverMoreSlowly) {
  Instance& a = Start("a");
  Instance& b = Start("b");
  // Two that are assigned again and again.
  for (int i = 0; i < 600; ++i) {
    a.candidate.OnAssigned(false);
    a.candidate.OnAssigned(true);
    b.candidate.OnAssigned(false);
    b.candidate.OnAssigned(true);
    Pass(absl::Milliseconds(100));
  }
  EXPECT_LT(take_overs_, 20) << "in a minute";
}

TEST_F(CandidateTest, ALostProducerCostsATakeOverAndNothingElse) {
  Instance& a = Start("a");
  Pass(absl::Seconds(3));
  a.standing.leading = false;
  Pass(kStep * 3);
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  EXPECT_FALSE(a.course.pause);
  EXPECT_EQ(take_overs_, 2);
}

TEST_F(CandidateTest, WhileTheTopicIsAwayNothingChanges) {
  Start("a");
  Pass(absl::Seconds(3));
  topic_away_ = true;
  Instance& b = Start("b");
  Pass(absl::Minutes(1));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("a"));
  topic_away_ = false;
  Pass(absl::Seconds(3));
  EXPECT_THAT(Leaders(), ::testing::ElementsAre("b"));
  EXPECT_TRUE(b.standing.leading);
}

TEST_F(CandidateTest, AnotherHeadAtAnAnnouncedHeightIsDamage) {
  Instance& a = Start("a");
  Announcement other = Instance::Self("b");
  other.state = Announcement::State::kLeading;
  other.place = At(30, 1);
  other.place->head = Sha256("another history");
  // Announced first, accepted later.
  EXPECT_EQ(a.candidate.OnAnnounced(other, false, now_), std::nullopt);
  EXPECT_EQ(a.candidate.OnAccepted(At(29, 1)), std::nullopt);
  EXPECT_THAT(a.candidate.OnAccepted(At(30, 1)).value_or(""), HasSubstr("height 30"));
  // Accepted first, announced later.
  other.place = At(29, 1);
  EXPECT_EQ(a.candidate.OnAnnounced(other, false, now_), std::nullopt);
  other.place->head = Sha256("another history");
  EXPECT_THAT(a.candidate.OnAnnounced(other, false, now_).value_or(""), HasSubstr("height 29"));
}

TEST_F(CandidateTest, AnotherJournalInItsPlaceIsDamageUnlessItWasAnnouncedBeforeThisStart) {
  Instance& a = Start("a");
  EXPECT_EQ(a.candidate.OnAccepted(At(5, 1)), std::nullopt);
  Announcement other = Instance::Self("b");
  other.state = Announcement::State::kLeading;
  other.place = At(30, 1);
  other.place->journal_id[0] = 1;
  EXPECT_EQ(a.candidate.OnAnnounced(other, /*earlier=*/true, now_), std::nullopt);
  EXPECT_THAT(a.candidate.OnAnnounced(other, false, now_).value_or(""), HasSubstr("another journal"));
}

TEST_F(CandidateTest, WhatAReleaseDroppedIsWithdrawn) {
  Instance& a = Start("a");
  Announcement other = Instance::Self("b");
  other.state = Announcement::State::kLeading;
  other.place = At(30, 1);
  a.candidate.OnAnnounced(other, false, now_);
  const std::vector<Announcement> withdrawn = a.candidate.Withdrawn();
  ASSERT_EQ(withdrawn.size(), 1U);
  a.candidate.OnReleased();
  partition::Place released = At(30, 1);
  released.head = Sha256("a release");
  EXPECT_EQ(a.candidate.OnAccepted(released), std::nullopt);
  // Who starts later finds nothing to wait for.
  Instance& c = Start("c", false);
  c.candidate.OnAnnounced(other, true, now_);
  c.candidate.OnAnnounced(withdrawn.front(), true, now_);
  EXPECT_EQ(c.candidate.OnAccepted(released), std::nullopt);
}

TEST(OwnershipRowsTest, ComeBackAsTheyWere) {
  Announcement announcement;
  announcement.share = {"counter", 3};
  announcement.instance = "a";
  announcement.address = "127.0.0.1:7620";
  announcement.state = Announcement::State::kStopped;
  announcement.stopped_for = "b";
  announcement.place = partition::Place{{1, 2}, 5, 9, Sha256("x"), -1};
  announcement.damage = FoundDamage{12, "flipped"};
  const auto back = Decode(Encode(announcement));
  ASSERT_TRUE(back);
  const auto* same = std::get_if<Announcement>(&*back);
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(Encode(*same), Encode(announcement));
  EXPECT_EQ(same->place, announcement.place);
  const auto present = Decode(Encode(Presence{"a", "host:1", true, 1'560'000'000'123'456, 2, 77}));
  ASSERT_TRUE(present);
  EXPECT_EQ(std::get<Presence>(*present).simulated_now_us, 1'560'000'000'123'456);
  EXPECT_EQ(std::get<Presence>(*present).sent_at_us, 77);
  EXPECT_EQ(Decode("strange"), std::nullopt);
}

TEST(OwnershipDirectoryTest, KnowsTheHighestTakeOverUntilItsWriterLeaves) {
  Directory directory;
  Announcement announcement;
  announcement.share = {"counter", 3};
  announcement.state = Announcement::State::kLeading;
  announcement.instance = "new";
  announcement.place = partition::Place{{}, 9, 9, {}, -1};
  directory.OnAnnounced(announcement);
  announcement.instance = "old";
  announcement.place->term = 5;
  directory.OnAnnounced(announcement);
  ASSERT_TRUE(directory.LeaderOf({"counter", 3}));
  EXPECT_EQ(directory.LeaderOf({"counter", 3})->instance, "new");
  announcement.state = Announcement::State::kLeft;
  directory.OnAnnounced(announcement);
  EXPECT_TRUE(directory.LeaderOf({"counter", 3})) << "the old one has left";
  announcement.instance = "new";
  directory.OnAnnounced(announcement);
  EXPECT_FALSE(directory.LeaderOf({"counter", 3}));
}

TEST(OwnershipDirectoryTest, WhoFallsSilentIsNotAmongTheLiving) {
  const absl::Time now = absl::UnixEpoch();
  Directory directory;
  directory.OnPresent({"a", "a:1", false, std::nullopt}, /*earlier=*/true, now);
  directory.OnPresent({"b", "b:1", false, std::nullopt}, false, now);
  ASSERT_EQ(directory.Living(now).size(), 1U) << "nobody knows how old the first is";
  EXPECT_EQ(directory.Living(now).front().address, "b:1");
  EXPECT_THAT(directory.Living(now + absl::Seconds(6)), IsEmpty());
}

}  // namespace
}  // namespace sanyuan::ownership
