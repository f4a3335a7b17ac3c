#include "tests/engine/view_conformance.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace sanyuan::view {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const ViewName kView{"order_intake", 3};
using Batch = std::vector<ViewRow>;
using Rows = std::vector<std::pair<std::string, std::string>>;

// The position after `height` records of journal `id`.
ViewPosition At(uint64_t height, char id = 'j') {
  return {std::string(16, id), height, Sha256(fmt::format("{}{}", id, height))};
}

class Opened {
 public:
  explicit Opened(const Store& store) : under_test_(store.make()), store_(under_test_->Open()) {}
  void Reopen() {
    store_.reset();
    store_ = under_test_->Open();
  }
  ViewStore* operator->() { return store_.get(); }

  std::optional<std::string> Get(std::string_view key, const ViewName& view = kView) {
    const auto value = store_->Reader(view)->Get(key);
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *value : std::nullopt;
  }
  Rows Scan(std::string_view prefix, std::string_view after = "", size_t limit = 1'000,
            const ViewName& view = kView) {
    const auto rows = store_->Reader(view)->Scan(prefix, after, limit);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? *rows : Rows();
  }
  std::optional<ViewPosition> Position(const ViewName& view = kView) {
    const auto position = store_->Position(view);
    EXPECT_TRUE(position.ok()) << position.status();
    return position.ok() ? *position : std::nullopt;
  }

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
  std::unique_ptr<ViewStore> store_;
};

TEST_P(ViewConformance, ANewViewIsEmptyAndStandsNowhere) {
  Opened store(GetParam());
  EXPECT_EQ(store.Position(), std::nullopt);
  EXPECT_EQ(store.Get("order/1"), std::nullopt);
  EXPECT_THAT(store.Scan(""), IsEmpty());
}

TEST_P(ViewConformance, RowsOfABatchAreThereWithItsPosition) {
  Opened store(GetParam());
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(2), Batch{{"a", "1"}, {"b", "2"}}).ok());
  EXPECT_EQ(store.Get("a"), "1");
  EXPECT_EQ(store.Position(), At(2));
  ASSERT_TRUE(
      store->Apply(kView, At(2), At(5), Batch{{"a", "3"}, {"b", std::nullopt}, {"gone", std::nullopt}}).ok());
  EXPECT_EQ(store.Get("a"), "3");
  EXPECT_EQ(store.Get("b"), std::nullopt);
  EXPECT_EQ(store.Position(), At(5));
}

TEST_P(ViewConformance, ABatchWithoutRowsMovesThePosition) {
  Opened store(GetParam());
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(1), {}).ok());
  ASSERT_TRUE(store->Apply(kView, At(1), At(9), {}).ok());
  EXPECT_EQ(store.Position(), At(9));
}

TEST_P(ViewConformance, TheLastChangeOfAKeyInABatchHolds) {
  Opened store(GetParam());
  ASSERT_TRUE(store
                  ->Apply(kView, std::nullopt, At(1),
                          Batch{{"a", "1"}, {"a", std::nullopt}, {"a", "2"}, {"b", "1"}, {"b", std::nullopt}})
                  .ok());
  EXPECT_THAT(store.Scan(""), ElementsAre(Pair("a", "2")));
}

TEST_P(ViewConformance, ABatchThatBeginsElsewhereChangesNothing) {
  Opened store(GetParam());
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(5), Batch{{"a", "1"}}).ok());
  ViewPosition other_head = At(5);
  other_head.head = Sha256("another");
  for (const std::optional<ViewPosition>& from :
       {std::optional<ViewPosition>(), std::optional(At(4)), std::optional(At(6)), std::optional(At(5, 'k')),
        std::optional(other_head)}) {
    const absl::Status status = store->Apply(kView, from, At(7), Batch{{"a", "2"}, {"b", "2"}});
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  }
  EXPECT_THAT(store.Scan(""), ElementsAre(Pair("a", "1")));
  EXPECT_EQ(store.Position(), At(5));
}

TEST_P(ViewConformance, ABatchOnAnEmptyViewMustBeginThere) {
  Opened store(GetParam());
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Apply(kView, At(1), At(2), Batch{{"a", "1"}})));
  EXPECT_THAT(store.Scan(""), IsEmpty());
  EXPECT_EQ(store.Position(), std::nullopt);
}

TEST_P(ViewConformance, ViewsOfOtherContextsAndPartitionsAreUntouched) {
  Opened store(GetParam());
  const ViewName other_partition{"order_intake", 4};
  const ViewName other_context{"order_intake2", 3};
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(1), Batch{{"a", "1"}}).ok());
  ASSERT_TRUE(store->Apply(other_partition, std::nullopt, At(2), Batch{{"a", "2"}}).ok());
  ASSERT_TRUE(store->Apply(other_context, std::nullopt, At(3), Batch{{"a", "3"}}).ok());
  ASSERT_TRUE(store->Clear(kView).ok());
  EXPECT_EQ(store.Get("a"), std::nullopt);
  EXPECT_EQ(store.Position(), std::nullopt);
  EXPECT_EQ(store.Get("a", other_partition), "2");
  EXPECT_EQ(store.Get("a", other_context), "3");
  EXPECT_EQ(store.Position(other_partition), At(2));
  EXPECT_THAT(store.Scan("", "", 10, other_partition), ElementsAre(Pair("a", "2")));
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(1), Batch{{"a", "again"}}).ok());
  EXPECT_EQ(store.Get("a"), "again");
}

TEST_P(ViewConformance, KeysValuesAndPositionsMayHoldAnyBytes) {
  Opened store(GetParam());
  const std::string zeros("k\0\0v", 4);
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  const std::string large(200'000, '\xfe');
  ViewPosition position{all.substr(200, 16), ~uint64_t{0}, Sha256(all)};
  ASSERT_TRUE(store
                  ->Apply(kView, std::nullopt, position,
                          Batch{{zeros, all}, {"empty", ""}, {"\xff\xff", large}, {"订单/1", "兰州"}})
                  .ok());
  store.Reopen();
  EXPECT_EQ(store.Get(zeros), all);
  EXPECT_EQ(store.Get(zeros.substr(0, 1)), std::nullopt);
  EXPECT_EQ(store.Get("empty"), "");
  EXPECT_TRUE(store.Get("\xff\xff") == large);
  EXPECT_EQ(store.Get("订单/1"), "兰州");
  EXPECT_EQ(store.Scan("\xff").size(), 1u);
  EXPECT_THAT(store.Scan("订单/"), ElementsAre(Pair("订单/1", "兰州")));
  EXPECT_EQ(store.Position(), position);
}

TEST_P(ViewConformance, AScanGivesThePrefixesRowsInKeyOrder) {
  Opened store(GetParam());
  ASSERT_TRUE(store
                  ->Apply(kView, std::nullopt, At(1),
                          Batch{{"order/2", "b"},
                                {"order", "no"},
                                {"order/10", "c"},
                                {"order0", "no"},
                                {"order/1", "a"},
                                {"order/", "e"},
                                {"orde/", "no"}})
                  .ok());
  EXPECT_THAT(store.Scan("order/"), ElementsAre(Pair("order/", "e"), Pair("order/1", "a"),
                                                Pair("order/10", "c"), Pair("order/2", "b")));
  EXPECT_THAT(store.Scan("order/", "order/1", 2), ElementsAre(Pair("order/10", "c"), Pair("order/2", "b")));
  EXPECT_THAT(store.Scan("order/", "order/1", 1), ElementsAre(Pair("order/10", "c")));
  EXPECT_THAT(store.Scan("order/", "a"), ::testing::SizeIs(4));
  EXPECT_THAT(store.Scan("order/", "order/2"), IsEmpty());
  EXPECT_THAT(store.Scan("order/", "z"), IsEmpty());
  EXPECT_THAT(store.Scan("order/", "", 0), IsEmpty());
}

TEST_P(ViewConformance, PagesOfAScanGiveEveryRowOnce) {
  Opened store(GetParam());
  std::vector<ViewRow> rows;
  for (int n = 0; n < 1'000; ++n)
    rows.push_back({fmt::format("order/{}", n * 7919 % 1'000), fmt::format("{}", n)});
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(1), rows).ok());
  Rows paged;
  while (true) {
    const Rows page = store.Scan("order/", paged.empty() ? "" : paged.back().first, 33);
    if (page.empty()) break;
    paged.insert(paged.end(), page.begin(), page.end());
  }
  EXPECT_EQ(paged, store.Scan("order/", "", 5'000));
  EXPECT_EQ(paged.size(), 1'000u);
}

TEST_P(ViewConformance, ManyRandomBatchesEqualAMap) {
  Opened store(GetParam());
  std::mt19937 random(4);
  std::map<std::string, std::string> expected;
  std::optional<ViewPosition> at;
  for (uint64_t batch = 1; batch <= 200; ++batch) {
    std::vector<ViewRow> rows;
    for (int n = 0; n < 20; ++n) {
      ViewRow row{fmt::format("k/{}", random() % 500), std::nullopt};
      if (random() % 3 != 0) row.value = fmt::format("{}-{}", batch, n);
      if (row.value) expected[row.key] = *row.value;
      if (!row.value) expected.erase(row.key);
      rows.push_back(std::move(row));
    }
    ASSERT_TRUE(store->Apply(kView, at, At(batch), rows).ok());
    at = At(batch);
    if (batch % 70 == 0) store.Reopen();
  }
  EXPECT_EQ(store.Scan("k/"), Rows(expected.begin(), expected.end()));
}

TEST_P(ViewConformance, WhatWasAppliedIsThereAfterACleanStop) {
  Opened store(GetParam());
  ASSERT_TRUE(store->Apply(kView, std::nullopt, At(1), Batch{{"a", "1"}}).ok());
  store.Reopen();
  EXPECT_EQ(store.Get("a"), "1");
  EXPECT_EQ(store.Position(), At(1));
  EXPECT_TRUE(store->Apply(kView, At(1), At(2), Batch{{"a", "2"}}).ok());
}

TEST_P(ViewConformance, ReadersSeeABatchAsAWholeOrNotAtAll) {
  // Two rows are always written alike; a scan that finds them different saw half a batch.
  Opened store(GetParam());
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> scans{0};
  std::vector<std::thread> readers;
  for (int n = 0; n < 3; ++n) {
    readers.emplace_back([&] {
      const auto reader = store->Reader(kView);
      while (!stop.load()) {
        const auto rows = reader->Scan("", "", 10);
        if (!rows.ok() || (!rows->empty() && (rows->size() != 2 || (*rows)[0].second != (*rows)[1].second))) {
          torn.fetch_add(1);
        }
        scans.fetch_add(1);
      }
    });
  }
  std::optional<ViewPosition> at;
  for (uint64_t n = 1; n <= 300 || scans.load() < 300; ++n) {
    const std::string value = fmt::format("{}", n);
    ASSERT_TRUE(store->Apply(kView, at, At(n), Batch{{"a", value}, {"z", value}}).ok());
    at = At(n);
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
}

TEST_P(ViewConformance, OfTwoProjectorsAtOnePlaceOneWins) {
  // As when an old projector wakes up beside its successor: each height is applied by exactly one of them.
  Opened store(GetParam());
  constexpr uint64_t kHeights = 300;
  std::atomic<int> applied{0};
  std::vector<std::thread> projectors;
  for (const char* name : {"old", "new"}) {
    projectors.emplace_back([&, name] {
      while (true) {
        const auto position = store->Position(kView);
        ASSERT_TRUE(position.ok()) << position.status();
        const uint64_t height = *position ? (*position)->height : 0;
        if (height == kHeights) return;
        const ViewRow row{fmt::format("h/{:04}", height + 1), name};
        const absl::Status status = store->Apply(kView, *position, At(height + 1), {&row, 1});
        ASSERT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
        if (status.ok()) applied.fetch_add(1);
      }
    });
  }
  for (std::thread& projector : projectors) projector.join();
  EXPECT_EQ(applied.load(), static_cast<int>(kHeights));
  EXPECT_EQ(store.Scan("h/").size(), kHeights);
}

}  // namespace
}  // namespace sanyuan::view
