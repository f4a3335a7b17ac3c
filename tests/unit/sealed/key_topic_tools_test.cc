#include "common/sealed/key_topic_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "common/sealed/cipher.h"
#include "common/sealed/file_key_store.h"
#include "common/sealed/topic_key_store.h"
#include "tests/engine/scratch_directory.h"
#include "tests/support/memory_table.h"
#include "tests/unit/sealed/person.h"

namespace sanyuan::sealed {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(5);

class KeyTopicToolsTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<TopicKeyStore>> Open(const std::string& master_key) {
    TopicKeyOptions options;
    options.may_begin = true;
    return TopicKeyStore::Open(open_, master_key, options);
  }
  std::unique_ptr<TopicKeyStore> Opened(const std::string& master_key) {
    auto store = Open(master_key);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  static PersonKey KeyOf(KeyStore& store, const std::string& person) {
    const auto keys = store.KeysFor({person});
    EXPECT_TRUE(keys.ok() && keys->at(person)) << keys.status();
    return keys.ok() ? keys->at(person).value_or(PersonKey{}) : PersonKey{};
  }

  log::MemoryTopic topic_;
  const OpenKeyTable open_ = [this](log::KafkaTable::Listener* listener) { return topic_.Open(listener); };
  const std::string before_ = RandomBytes(kKeyBytes), after_ = RandomBytes(kKeyBytes);
};

// After each number of rows that landed: one begins, two are keys, one the hash key, one ends.
class KeyTopicRotationTest : public KeyTopicToolsTest, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Landed, KeyTopicRotationTest, ::testing::Range(1, 5));

TEST_P(KeyTopicRotationTest, AnInterruptedOneLetsNobodyInUntilTheSameIsDoneAgain) {
  PersonKey key, another;
  std::string hash_key;
  {
    const auto store = Opened(before_);
    key = KeyOf(*store, kPerson);
    another = KeyOf(*store, "620121/AM01");
    hash_key = store->hash_key();
  }
  topic_.Hold();
  auto interrupted =
      std::async(std::launch::async, [&] { return RewrapKeyTopic(open_, before_, after_, kPatience); });
  for (int landed = 0; landed < GetParam(); ++landed) {
    ASSERT_TRUE(topic_.WaitForHeld(1));
    topic_.LandOne();
  }
  ASSERT_TRUE(topic_.WaitForHeld(1));
  topic_.FailHeld(absl::UnavailableError("away"), false);
  EXPECT_TRUE(absl::IsUnavailable(interrupted.get()));
  topic_.Release();
  for (const std::string& master_key : {before_, after_}) {
    const absl::Status refused = Open(master_key).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_THAT(refused.message(), HasSubstr("not finished"));
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(CopyKeyTopic(open_, "/dev/null/copy", kPatience)));
  ASSERT_TRUE(RewrapKeyTopic(open_, before_, after_, kPatience).ok());
  ASSERT_TRUE(RewrapKeyTopic(open_, before_, after_, kPatience).ok());  // Again changes nothing.
  topic_.Compact();
  EXPECT_TRUE(absl::IsFailedPrecondition(Open(before_).status()));
  const auto store = Opened(after_);
  EXPECT_EQ(store->hash_key(), hash_key);
  EXPECT_EQ(KeyOf(*store, kPerson).key, key.key);
  EXPECT_EQ(KeyOf(*store, "620121/AM01").key, another.key);
}

TEST_F(KeyTopicToolsTest, AServerUnderWhichTheMasterKeyIsChangedUsesNoKeyAnyMore) {
  const auto store = Opened(before_);
  KeyOf(*store, kPerson);
  ASSERT_TRUE(RewrapKeyTopic(open_, before_, after_, kPatience).ok());
  while (store->KeysFor({kPerson}).ok()) continue;
  const absl::Status halted = store->KeysFor({kPerson}).status();
  EXPECT_TRUE(absl::IsUnavailable(halted));
  EXPECT_THAT(halted.message(), HasSubstr("the master key was changed"));
}

TEST_F(KeyTopicToolsTest, TheHashKeyThatCountsStaysTheOneWhenAllIsWrappedAnew) {
  const std::string hash_key = Opened(before_)->hash_key();
  // Of a server that ended before it took it away.
  const KeyRow lost = HashKeyRow("12345678", WrapHashKey(before_, RandomBytes(kKeyBytes)));
  topic_.Append(lost.key, lost.value);
  ASSERT_TRUE(RewrapKeyTopic(open_, before_, after_, kPatience).ok());
  topic_.Compact();
  EXPECT_EQ(Opened(after_)->hash_key(), hash_key);
}

TEST_F(KeyTopicToolsTest, ACopyComesBackIntoAnEmptyTopicAndIntoNoOther) {
  const ScratchDirectory folder;
  const std::string copy = folder.path() + "/keys.db";
  EXPECT_TRUE(absl::IsNotFound(CopyKeyTopic(open_, copy, kPatience)));
  PersonKey key, second;
  std::string hash_key;
  {
    const auto store = Opened(before_);
    hash_key = store->hash_key();
    key = KeyOf(*store, kPerson);
    second = {"12345678", RandomBytes(kKeyBytes)};
    const KeyRow row = PersonKeyRow({kPerson, second.id}, WrapPersonKey(before_, kPerson, second.key));
    topic_.Append(row.key, row.value);
    KeyOf(*store, "620121/AM01");
    ASSERT_TRUE(store->Forget("620121/AM02", true).ok());
    ASSERT_TRUE(CopyKeyTopic(open_, copy, kPatience).ok());
    EXPECT_TRUE(absl::IsAlreadyExists(CopyKeyTopic(open_, copy, kPatience)));
    EXPECT_TRUE(absl::IsFailedPrecondition(RestoreKeyTopic(open_, copy, kPatience).status()));
  }
  {  // The file is one for the other store too.
    const auto file = FileKeyStore::Open(folder.path(), before_);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->hash_key(), hash_key);
    EXPECT_EQ(KeyOf(**file, kPerson).key, key.key);
    EXPECT_EQ((*file)->KeysFor({"620121/AM02-1"})->at("620121/AM02-1"), std::nullopt);
  }
  log::MemoryTopic other;
  const OpenKeyTable open = [&](log::KafkaTable::Listener* listener) { return other.Open(listener); };
  EXPECT_TRUE(absl::IsNotFound(RestoreKeyTopic(open, folder.path() + "/none", kPatience).status()));
  // Who was forgotten since the copy was made does not come back.
  const KeyRow forgotten = ForgottenRow("620121/AM01");
  other.Append(forgotten.key, forgotten.value);
  const auto restored = RestoreKeyTopic(open, copy, kPatience);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(*restored, 2u);
  TopicKeyOptions options;
  const auto store = TopicKeyStore::Open(open, before_, options);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->hash_key(), hash_key);
  EXPECT_EQ(KeyOf(**store, kPerson).key, key.key);
  const auto found = (*store)->Find({{kPerson, second.id}});
  EXPECT_EQ(found->at({kPerson, second.id}), second.key);
  for (const char* gone : {"620121/AM01", "620121/AM02", "620121/AM02-1"}) {
    EXPECT_EQ((*store)->KeysFor({gone})->at(gone), std::nullopt) << gone;
  }
}

TEST_F(KeyTopicToolsTest, KeysGoFromOneTopicIntoAnotherWithoutAFile) {
  EXPECT_TRUE(absl::IsNotFound(ReadKeyTopic(open_, kPatience).status()));
  const std::string hash_key = Opened(before_)->hash_key();
  const PersonKey key = KeyOf(*Opened(before_), kPerson);
  const auto stored = ReadKeyTopic(open_, kPatience);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(WriteKeyTopic(open_, *stored, kPatience).status()));
  log::MemoryTopic other;
  const OpenKeyTable open = [&](log::KafkaTable::Listener* listener) { return other.Open(listener); };
  const auto written = WriteKeyTopic(open, *stored, kPatience);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*written, 1u);
  const auto store = TopicKeyStore::Open(open, before_, TopicKeyOptions());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->hash_key(), hash_key);
  EXPECT_EQ(KeyOf(**store, kPerson).key, key.key);
}

TEST_F(KeyTopicToolsTest, ARestoringThatWasInterruptedLeavesNoKeysAndGoesOn) {
  const ScratchDirectory folder;
  PersonKey key;
  {
    const auto file = FileKeyStore::Open(folder.path(), before_);
    ASSERT_TRUE(file.ok()) << file.status();
    key = KeyOf(**file, kPerson);
  }
  topic_.Hold();
  auto interrupted = std::async(std::launch::async, [&] {
    return RestoreKeyTopic(open_, FileKeyStore::PathIn(folder.path()), kPatience).status();
  });
  ASSERT_TRUE(topic_.WaitForHeld(1));
  topic_.LandOne();
  ASSERT_TRUE(topic_.WaitForHeld(1));
  topic_.FailHeld(absl::UnavailableError("away"), false);
  EXPECT_TRUE(absl::IsUnavailable(interrupted.get()));
  topic_.Release();
  EXPECT_TRUE(absl::IsNotFound(TopicKeyStore::Open(open_, before_, TopicKeyOptions()).status()));
  const auto restored = RestoreKeyTopic(open_, FileKeyStore::PathIn(folder.path()), kPatience);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(KeyOf(*Opened(before_), kPerson).key, key.key);
}

}  // namespace
}  // namespace sanyuan::sealed
