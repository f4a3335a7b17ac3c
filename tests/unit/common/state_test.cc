#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "common/state/table_rows.h"

namespace sanyuan::state {

struct ShopKey {
  County county = 0;
  Code licence;
  auto operator<=>(const ShopKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence); }
};

struct Shop {
  int64_t cartons = 0;
  std::optional<absl::Time> since;
  std::vector<std::pair<std::string, int32_t>> lines;
  static void Fields(auto& self, auto&& visit) { visit(self.cartons, self.since, self.lines); }
};

// Knows how many of its kind there are.
struct Counted {
  int64_t cartons = 0;
  static inline int alive = 0;

  Counted() { ++alive; }
  Counted(const Counted& other) : cartons(other.cartons) { ++alive; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --alive; }
  static void Fields(auto& self, auto&& visit) { visit(self.cartons); }
};

template class Table<ShopKey, Shop>;
template class Table<ShopKey, Counted>;

namespace {

struct TestState : Store {
  Table<ShopKey, Shop> shops{*this, "shops", Content::kBusiness};
  Table<ShopKey, Shop> cursors{*this, "cursors", Content::kInternal};
};

ShopKey Key(int n) { return {620121, Code(std::to_string(100000 + n))}; }

TEST(RowDigests, LeaveOutPlacesAndNothingElse) {
  const auto rows = [](std::vector<std::pair<std::string, int32_t>> places, int64_t cartons) {
    TestState state;
    state.shops.HoldsPlaces([](Shop& shop) { shop.lines.clear(); });
    state.cursors.HoldsPlaces();
    state.BeginRecord(1);
    state.shops.Put(Key(1), {cartons, {}, places});
    state.shops.Put(Key(2), {1, {}, {}});
    state.cursors.Put(Key(1), {cartons, {}, places});
    return state.RowDigests();
  };
  EXPECT_EQ(rows({{"page", 7}}, 3), rows({{"page", 70}}, 3));
  EXPECT_NE(rows({{"page", 7}}, 3), rows({{"page", 7}}, 4));
  EXPECT_EQ(rows({}, 3).size(), 1U) << "of a table of places nothing is left";
}

TEST(Codec, EveryKindOfFieldComesBackAsItWas) {
  Shop shop{-7, absl::FromUnixMicros(1234567), {{"兰州", 3}, {"", -1}}};
  Shop back;
  ASSERT_TRUE(Decode(Encode(shop), back));
  EXPECT_EQ(Encode(back), Encode(shop));
  EXPECT_EQ(back.since, shop.since);
  absl::Time never = absl::InfiniteFuture();
  absl::Time back_never;
  ASSERT_TRUE(Decode(Encode(never), back_never));
  EXPECT_EQ(back_never, absl::InfiniteFuture());
}

TEST(Codec, CutBytesAndBytesTooManyAreRefused) {
  const std::string bytes = Encode(Shop{5, absl::UnixEpoch(), {{"a", 1}}});
  for (size_t length = 0; length < bytes.size(); ++length) {
    Shop shop;
    EXPECT_FALSE(Decode(bytes.substr(0, length), shop)) << length;
  }
  Shop shop;
  EXPECT_FALSE(Decode(bytes + "x", shop));
}

TEST(Codec, AnEnormousCountInDamagedBytesAsksForNoMemory) {
  std::string bytes = Encode(int64_t{0}) + Encode(false) + std::string("\xff\xff\xff\xff\xff\xff\xff\x7f");
  Shop shop;
  EXPECT_FALSE(Decode(bytes, shop));
}

TEST(Store, StandingDownUndoesWhatWasNotAcceptedAndNothingElse) {
  TestState state;
  state.BeginRecord(1);
  state.shops.Mutate(Key(1)).cartons = 10;
  state.BeginRecord(2);
  state.shops.Mutate(Key(1)).cartons = 20;
  state.shops.Mutate(Key(2)).cartons = 5;
  state.Accept(2);
  const Digest accepted = state.StateDigest();
  state.BeginRecord(3);
  state.shops.Mutate(Key(1)).cartons = 30;
  state.shops.Erase(Key(2));
  state.BeginRecord(4);
  state.shops.Mutate(Key(3)).cartons = 1;
  state.shops.Mutate(Key(2)).cartons = 6;
  EXPECT_NE(state.StateDigest(), accepted);
  state.RollbackTo(2);
  EXPECT_EQ(state.StateDigest(), accepted);
  EXPECT_EQ(state.shops.Find(Key(1))->cartons, 20);
  EXPECT_EQ(state.shops.Find(Key(2))->cartons, 5);
  EXPECT_EQ(state.shops.Find(Key(3)), nullptr);
}

TEST(Store, DigestKeptUpEqualsDigestFromScratchWhateverTheHistory) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    TestState state;
    uint64_t height = 0;
    uint64_t accepted = 0;
    for (int step = 0; step < 2'000; ++step) {
      switch (random() % 8) {
        case 0:
          state.RollbackTo(accepted);
          height = accepted;
          break;
        case 1:
          accepted = height;
          state.Accept(accepted);
          break;
        case 2:
          if (round % 2 == 0) state.StateDigest();
          break;
        default:
          state.BeginRecord(++height);
          for (int change = 0; change < 3; ++change) {
            const ShopKey key = Key(static_cast<int>(random() % 6));
            if (random() % 4 == 0) {
              state.shops.Erase(key);
            } else {
              state.shops.Mutate(key).cartons += static_cast<int64_t>(random() % 3);
            }
          }
      }
    }
    TestState copy;
    ASSERT_TRUE(copy.Load(state.Capture().Encode()).ok());
    ASSERT_EQ(copy.StateDigest(), state.StateDigest()) << "round " << round;
    ASSERT_EQ(copy.BusinessDigests(), state.BusinessDigests());
  }
}

struct CountedState : Store {
  Table<ShopKey, Counted> shops{*this, "shops", Content::kBusiness};
};

// A digest is asked for after thousands of records only.
TEST(Store, VersionsThatNobodyCanAskForAnyMoreTakeNoMemory) {
  constexpr int kRows = 100, kRecords = 20'000;
  CountedState state;
  for (uint64_t record = 1; record <= kRecords; ++record) {
    state.BeginRecord(record);
    state.shops.Mutate(Key(static_cast<int>(record % kRows))).cartons = static_cast<int64_t>(record);
    if (record > 10) state.Accept(record - 10);
  }
  EXPECT_LT(Counted::alive, 5'000);
}

TEST(Store, DroppedVersionsChangeNoDigestAndNothingThatCanStillBeUndone) {
  CountedState often, seldom;
  for (CountedState* state : {&often, &seldom}) {
    for (uint64_t record = 1; record <= 10'000; ++record) {
      state->BeginRecord(record);
      state->shops.Mutate(Key(static_cast<int>(record % 7))).cartons = static_cast<int64_t>(record);
      if (record % 11 == 0) state->shops.Erase(Key(static_cast<int>(record % 5)));
      if (record % 100 == 0) {
        state->RollbackTo(record - 20);
        for (uint64_t again = record - 19; again <= record; ++again) {
          state->BeginRecord(again);
          state->shops.Mutate(Key(static_cast<int>(again % 3))).cartons = -static_cast<int64_t>(again);
        }
      }
      if (record > 50) state->Accept(record - 50);
      if (state == &often) state->StateDigest();
    }
  }
  EXPECT_EQ(seldom.StateDigest(), often.StateDigest());
  seldom.RollbackTo(9'951);
  often.RollbackTo(9'951);
  EXPECT_EQ(seldom.StateDigest(), often.StateDigest());
}

TEST(Store, InternalRowsDoNotTouchTheBusinessDigest) {
  TestState state;
  state.BeginRecord(1);
  state.shops.Mutate(Key(1)).cartons = 10;
  const auto business = state.BusinessDigests();
  const Digest all = state.StateDigest();
  state.BeginRecord(2);
  state.cursors.Mutate(Key(9)).cartons = 1;
  EXPECT_EQ(state.BusinessDigests(), business);
  EXPECT_NE(state.StateDigest(), all);
}

TEST(Store, ARowHandedOutStaysAsItWas) {
  TestState state;
  state.shops.Track();
  state.BeginRecord(1);
  state.shops.Mutate(Key(1)).cartons = 10;
  const std::vector<Change> changes = state.TakeChanges();
  state.BeginRecord(2);
  state.shops.Mutate(Key(1)).cartons = 11;
  state.shops.Erase(Key(1));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(state.shops.EntryOf(changes[0]).row.cartons, 10);
  const std::vector<Change> later = state.TakeChanges();
  ASSERT_FALSE(later.empty());
  EXPECT_TRUE(later.back().erased);
}

TEST(Store, AcceptedRowsAreWithoutWhatWasDecidedAhead) {
  TestState state;
  state.shops.Track();
  state.BeginRecord(1);
  for (int i = 0; i < 3; ++i) state.shops.Mutate(Key(i)).cartons = i;
  state.Accept(1);
  state.BeginRecord(2);
  state.shops.Mutate(Key(0)).cartons = 10;
  state.shops.Erase(Key(1));
  state.shops.Mutate(Key(3)).cartons = 3;
  state.BeginRecord(3);
  state.shops.Mutate(Key(0)).cartons = 20;
  const auto rows = [&state] {
    std::map<ShopKey, int64_t> found;
    for (const Change& change : state.AcceptedRows()) {
      EXPECT_FALSE(change.erased);
      const auto& entry = state.shops.EntryOf(change);
      found[entry.key] = entry.row.cartons;
    }
    return found;
  };
  EXPECT_EQ(rows(), (std::map<ShopKey, int64_t>{{Key(0), 0}, {Key(1), 1}, {Key(2), 2}}));
  state.Accept(2);
  EXPECT_EQ(rows(), (std::map<ShopKey, int64_t>{{Key(0), 10}, {Key(2), 2}, {Key(3), 3}}));
}

TEST(Store, EveryCutSnapshotIsRefusedOrGivesAnotherDigest) {
  TestState state;
  state.BeginRecord(1);
  for (int i = 0; i < 5; ++i) state.shops.Mutate(Key(i)).cartons = i;
  const std::string bytes = state.Capture().Encode();
  const Digest digest = state.StateDigest();
  for (size_t length = 0; length < bytes.size(); ++length) {
    TestState copy;
    const absl::Status loaded = copy.Load(std::string_view(bytes).substr(0, length));
    EXPECT_TRUE(!loaded.ok() || copy.StateDigest() != digest) << length;
  }
}

TEST(Code, TextThatIsTooLongOrNotPrintableIsNoCode) {
  EXPECT_TRUE(Code::IsValid("620121100001"));
  EXPECT_FALSE(Code::IsValid(""));
  EXPECT_FALSE(Code::IsValid("1234567890123456"));
  EXPECT_FALSE(Code::IsValid("a b"));
  EXPECT_LT(Code("12"), Code("123"));
}

TEST(County, IsReadFromTheFirstSixDigitsOfAnId) {
  EXPECT_EQ(CountyOfId("620121-abc"), 620121u);
  EXPECT_EQ(CountyOfId("62012"), std::nullopt);
  EXPECT_EQ(CountyOfId("62012x-abc"), std::nullopt);
  EXPECT_EQ(CountyText(990001), "990001");
}

}  // namespace
}  // namespace sanyuan::state
