// Stores of several servers on one topic: what happens at the same moment, late, or without brokers.
#include "common/sealed/topic_key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/sealed/cipher.h"
#include "tests/support/memory_table.h"
#include "tests/unit/sealed/person.h"

namespace sanyuan::sealed {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

class TopicKeyStoreTest : public ::testing::Test {
 protected:
  TopicKeyStoreTest() { options_.may_begin = true; }

  absl::StatusOr<std::unique_ptr<TopicKeyStore>> Open(const std::string& master_key) {
    return TopicKeyStore::Open([this](log::KafkaTable::Listener* listener) { return topic_.Open(listener); },
                               master_key, options_);
  }
  std::unique_ptr<TopicKeyStore> Opened() {
    auto store = Open(master_key_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // One that soon gives up waiting.
  std::unique_ptr<TopicKeyStore> Impatient() {
    Opened();  // Makes the hash key.
    const absl::Duration patience = std::exchange(options_.patience, absl::Milliseconds(50));
    auto store = Open(master_key_);
    while (absl::IsUnavailable(store.status())) store = Open(master_key_);
    EXPECT_TRUE(store.ok()) << store.status();
    options_.patience = patience;
    return store.ok() ? *std::move(store) : nullptr;
  }
  // Runs while the test goes on.
  template <typename Call>
  static auto Aside(Call call) {
    return std::async(std::launch::async, std::move(call));
  }
  static std::optional<PersonKey> KeyOf(KeyStore& store, const std::string& person) {
    const auto keys = store.KeysFor({person});
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? keys->at(person) : std::nullopt;
  }
  static std::optional<std::string> Find(KeyStore& store, const KeyName& name) {
    const auto keys = store.Find({name});
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? keys->at(name) : std::nullopt;
  }
  // Until the topic, compacted, holds no key of this person.
  bool WaitUntilGone(const std::string& person) {
    for (const absl::Time end = absl::Now() + absl::Minutes(1); absl::Now() < end;) {
      topic_.Compact();
      bool gone = true;
      for (const auto& [key, value] : topic_.rows())
        gone &= !(key.starts_with("key ") && key.ends_with(person));
      if (gone) return true;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return false;
  }

  log::MemoryTopic topic_;
  TopicKeyOptions options_;
  const std::string master_key_ = RandomBytes(kKeyBytes);
};

TEST_F(TopicKeyStoreTest, WhatOneServerSealedTheOtherOpens) {
  const auto first = Opened(), second = Opened();
  EXPECT_EQ(first->hash_key(), second->hash_key());
  const PersonKey key = KeyOf(*first, kPerson).value();
  EXPECT_EQ(Find(*second, {kPerson, key.id}), key.key);
  EXPECT_EQ(KeyOf(*second, kPerson)->id, key.id);
}

TEST_F(TopicKeyStoreTest, TwoKeysThatAreMadeAtTheSameMomentBothOpenWhatTheySealed) {
  for (const auto& order : {std::vector<size_t>{0, 1}, std::vector<size_t>{1, 0}}) {
    const std::string person = kPerson + std::to_string(order[0]);
    const auto first = Opened(), second = Opened();
    topic_.Hold();
    auto of_first = Aside([&] { return KeyOf(*first, person).value(); });
    ASSERT_TRUE(topic_.WaitForHeld(1));
    auto of_second = Aside([&] { return KeyOf(*second, person).value(); });
    ASSERT_TRUE(topic_.WaitForHeld(2));
    topic_.Release(order);
    const PersonKey sealed_by_first = of_first.get(), sealed_by_second = of_second.get();
    for (const auto& store : {first.get(), second.get()}) {
      EXPECT_EQ(Find(*store, {person, sealed_by_first.id}), sealed_by_first.key);
      EXPECT_EQ(Find(*store, {person, sealed_by_second.id}), sealed_by_second.key);
    }
    // From then on everybody seals with the same one.
    EXPECT_EQ(KeyOf(*first, person)->id, KeyOf(*second, person)->id);
    topic_.Compact();
    const auto third = Opened();
    EXPECT_EQ(KeyOf(*third, person)->id, KeyOf(*first, person)->id);
    EXPECT_EQ(Find(*third, {person, sealed_by_first.id}), sealed_by_first.key);
    EXPECT_EQ(Find(*third, {person, sealed_by_second.id}), sealed_by_second.key);
  }
}

TEST_F(TopicKeyStoreTest, CallsOfOneServerMakeOneKey) {
  const auto store = Opened();
  topic_.Hold();
  auto first = Aside([&] { return KeyOf(*store, kPerson)->id; });
  ASSERT_TRUE(topic_.WaitForHeld(1));
  auto second = Aside([&] { return KeyOf(*store, kPerson)->id; });
  auto both = Aside([&] { return store->KeysFor({"620121/AM01", kPerson})->at(kPerson)->id; });
  ASSERT_TRUE(topic_.WaitForHeld(2));  // That of AM01.
  topic_.Release();
  const std::string id = first.get();
  EXPECT_EQ(second.get(), id);
  EXPECT_EQ(both.get(), id);
}

TEST_F(TopicKeyStoreTest, AKeyIsNotUsedBeforeItHasLanded) {
  const auto store = Impatient();
  topic_.Hold();
  EXPECT_TRUE(absl::IsUnavailable(store->KeysFor({kPerson}).status()));
  // While that one is under way nobody waits in vain for another.
  const absl::Status at_once = store->KeysFor({"620121/AM01"}).status();
  EXPECT_TRUE(absl::IsUnavailable(at_once));
  EXPECT_THAT(at_once.message(), HasSubstr("take no rows"));
  EXPECT_EQ(topic_.held().size(), 1u);
  topic_.Release();
  while (!store->KeysFor({kPerson}).ok()) continue;
  EXPECT_EQ(topic_.rows().size(), 2u);  // The hash key, and the one that was late.
}

TEST_F(TopicKeyStoreTest, AKeyWhoseFateIsUnknownIsUsedOnlyWhenItIsThere) {
  const auto store = Opened();
  for (const bool lands : {false, true}) {
    const std::string person = kPerson + std::to_string(lands);
    topic_.Hold();
    auto call = Aside([&] { return store->KeysFor({person}).status(); });
    ASSERT_TRUE(topic_.WaitForHeld(1));
    topic_.FailHeld(absl::UnavailableError("late"), lands);
    EXPECT_TRUE(absl::IsUnavailable(call.get()));
    topic_.Release();
    const PersonKey key = KeyOf(*store, person).value();
    EXPECT_EQ(Find(*Opened(), {person, key.id}), key.key);
  }
}

TEST_F(TopicKeyStoreTest, AKeyThatWasJustMadeElsewhereIsNotTakenForGone) {
  const auto first = Opened(), second = Opened();
  topic_.PauseReading(1);
  const PersonKey key = KeyOf(*first, kPerson).value();
  auto found = Aside([&] { return Find(*second, {kPerson, key.id}); });
  ASSERT_TRUE(topic_.WaitForRows("barrier ", 1));  // It asks.
  topic_.ResumeReading(1);
  EXPECT_EQ(found.get(), key.key);
}

TEST_F(TopicKeyStoreTest, WhetherAKeyIsGoneIsNotSaidWhileTheBrokersAreAway) {
  const auto store = Impatient();
  const KeyName unknown{kPerson, "12345678"};
  topic_.Hold();
  EXPECT_TRUE(absl::IsUnavailable(store->Find({unknown}).status()));
  topic_.Release();
  while (!store->Find({unknown}).ok()) continue;
  EXPECT_EQ(Find(*store, unknown), std::nullopt);
  // It is known from then on.
  topic_.Hold();
  EXPECT_EQ(Find(*store, unknown), std::nullopt);
}

TEST_F(TopicKeyStoreTest, AKeyThatIsMadeWhileItsPersonIsForgottenIsNobodys) {
  int number = 0;
  for (const char* suffix : {"", "-1"}) {
    for (const bool key_first : {true, false}) {
      const std::string licence = "620121/62012110000" + std::to_string(++number), whose = licence + suffix;
      const auto first = Opened(), second = Opened();
      topic_.Hold();
      auto key = Aside([&] { return KeyOf(*first, whose); });
      ASSERT_TRUE(topic_.WaitForHeld(1));
      auto forgotten = Aside([&] { return second->Forget(licence, true); });
      ASSERT_TRUE(topic_.WaitForHeld(3));
      topic_.Release(key_first ? std::vector<size_t>{0, 1, 2} : std::vector<size_t>{1, 2, 0});
      EXPECT_EQ(forgotten.get(), absl::OkStatus());
      const std::optional<PersonKey> made = key.get();
      if (!key_first) {
        EXPECT_EQ(made, std::nullopt);
      }
      EXPECT_TRUE(WaitUntilGone(whose));
      const auto third = Opened();
      for (const auto& store : {first.get(), second.get(), third.get()}) {
        EXPECT_EQ(KeyOf(*store, whose), std::nullopt);
        if (made) {
          EXPECT_EQ(Find(*store, {whose, made->id}), std::nullopt);
        }
      }
    }
  }
}

TEST_F(TopicKeyStoreTest, EveryKeyOfAPersonGoes) {
  const auto store = Opened();
  const PersonKey key = KeyOf(*store, kPerson).value();
  const std::string second = RandomBytes(kKeyBytes);
  const KeyRow row = PersonKeyRow({kPerson, "12345678"}, WrapPersonKey(master_key_, kPerson, second));
  topic_.Append(row.key, row.value);
  EXPECT_EQ(Find(*store, {kPerson, "12345678"}), second);
  ASSERT_TRUE(store->Forget(kPerson, false).ok());
  EXPECT_TRUE(WaitUntilGone(kPerson));
  EXPECT_THAT(topic_.rows(), Contains(Pair("forgotten 620121/620121100001", "1")));
  EXPECT_EQ(Find(*store, {kPerson, "12345678"}), std::nullopt);
}

TEST_F(TopicKeyStoreTest, AnInterruptedForgettingIsFinishedByWhoComesNext) {
  { KeyOf(*Opened(), kPerson); }
  {
    const auto store = Impatient();
    topic_.Hold();
    EXPECT_TRUE(absl::IsUnavailable(store->Forget(kPerson, false)));
    topic_.FailHeld(absl::UnavailableError("late"), true);
  }
  topic_.Release();
  EXPECT_THAT(topic_.rows(), Contains(Pair(StartsWith("key "), Not(""))));
  const auto store = Opened();
  EXPECT_EQ(KeyOf(*store, kPerson), std::nullopt);
  EXPECT_TRUE(WaitUntilGone(kPerson));
  EXPECT_TRUE(store->Forget(kPerson, false).ok());
}

TEST_F(TopicKeyStoreTest, OfTwoFirstHashKeysTheFirstThatLandsCounts) {
  topic_.Hold();
  auto first = Aside([&] { return Opened()->hash_key(); });
  ASSERT_TRUE(topic_.WaitForHeld(1));
  auto second = Aside([&] { return Opened()->hash_key(); });
  ASSERT_TRUE(topic_.WaitForHeld(2));
  const std::string lost = topic_.held().front().first;
  topic_.Release({1, 0});
  const std::string hash_key = first.get();
  EXPECT_EQ(second.get(), hash_key);
  topic_.Compact();
  EXPECT_THAT(topic_.rows(), Not(Contains(Pair(lost, ::testing::_))));
  EXPECT_EQ(topic_.rows().size(), 1u);
  EXPECT_EQ(Opened()->hash_key(), hash_key);
}

TEST_F(TopicKeyStoreTest, AnotherMasterKeyThatCameSecondLeavesNothingBehind) {
  topic_.Hold();
  auto first = Aside([&] { return Open(RandomBytes(kKeyBytes)).status(); });
  ASSERT_TRUE(topic_.WaitForHeld(1));
  auto second = Aside([&] { return Opened()->hash_key(); });
  ASSERT_TRUE(topic_.WaitForHeld(2));
  topic_.Release({1, 0});
  const absl::Status refused = first.get();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("the master key is not the one"));
  const std::string hash_key = second.get();
  topic_.Compact();
  EXPECT_EQ(topic_.rows().size(), 1u);
  EXPECT_EQ(Opened()->hash_key(), hash_key);
}

TEST_F(TopicKeyStoreTest, KeysBeginOnlyWhereTheyMay) {
  options_.may_begin = false;
  EXPECT_TRUE(absl::IsNotFound(Open(master_key_).status()));
  EXPECT_EQ(topic_.landed(), 0u);
  options_.may_begin = true;
  Opened();
  options_.may_begin = false;
  Opened();
}

TEST_F(TopicKeyStoreTest, ARowOfALaterVersionHaltsIt) {
  const auto store = Opened();
  topic_.Append("key 00112233445566 too short", "1x");
  while (store->KeysFor({kPerson}).ok()) continue;
  EXPECT_TRUE(absl::IsUnavailable(store->KeysFor({kPerson}).status()));
  EXPECT_TRUE(absl::IsUnavailable(store->Find({{kPerson, "12345678"}}).status()));
  EXPECT_TRUE(absl::IsUnavailable(store->Forget(kPerson, false)));
  const absl::Status opened = Open(master_key_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(opened));
  EXPECT_THAT(opened.message(), HasSubstr("too short"));
}

TEST_F(TopicKeyStoreTest, ADamagedKeyIsAnErrorOfItsPersonAlone) {
  const auto store = Opened();
  const PersonKey key = KeyOf(*store, kPerson).value();
  const KeyRow row = PersonKeyRow({kPerson, key.id}, RandomBytes(60));
  topic_.Append(row.key, row.value);
  while (store->KeysFor({kPerson}).ok()) continue;
  EXPECT_TRUE(absl::IsDataLoss(store->KeysFor({kPerson}).status()));
  EXPECT_TRUE(absl::IsDataLoss(store->Find({{kPerson, key.id}}).status()));
  EXPECT_TRUE(store->KeysFor({"620121/AM01"}).ok());
}

TEST_F(TopicKeyStoreTest, AfterAStartAndAfterADeletionAFurtherRowFinishesTheSegment) {
  options_.finish_after = absl::Milliseconds(100);
  const auto store = Opened();
  ASSERT_TRUE(topic_.WaitForRows("barrier ", 1));  // Of the start.
  KeyOf(*store, kPerson);
  ASSERT_TRUE(store->Forget(kPerson, false).ok());
  ASSERT_TRUE(topic_.WaitForRows("barrier ", 2));
}

}  // namespace
}  // namespace sanyuan::sealed
