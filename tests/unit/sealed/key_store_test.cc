// What every store of keys does, asked of each.
#include "common/sealed/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "common/sealed/cipher.h"
#include "common/sealed/file_key_store.h"
#include "common/sealed/key_topic_tools.h"
#include "common/sealed/topic_key_store.h"
#include "tests/engine/scratch_directory.h"
#include "tests/support/memory_table.h"
#include "tests/unit/sealed/person.h"

namespace sanyuan::sealed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Where keys lie at rest.
class Place {
 public:
  virtual ~Place() = default;
  virtual absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& master_key) = 0;
  virtual absl::Status Rewrap(const std::string& master_key, const std::string& new_master_key) = 0;
  // All bytes that readers can still see.
  virtual std::string Content() = 0;
};

class InAFile final : public Place {
 public:
  absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& master_key) override {
    return FileKeyStore::Open(folder_.path(), master_key);
  }
  absl::Status Rewrap(const std::string& master_key, const std::string& new_master_key) override {
    const auto store = FileKeyStore::Open(folder_.path(), master_key);
    return store.ok() ? (*store)->Rewrap(new_master_key) : store.status();
  }
  std::string Content() override {
    std::ostringstream content;
    content << std::ifstream(FileKeyStore::PathIn(folder_.path()), std::ios::binary).rdbuf();
    return content.str();
  }

 private:
  const ScratchDirectory folder_;
};

class InATopic final : public Place {
 public:
  absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& master_key) override {
    TopicKeyOptions options;
    options.may_begin = true;
    return TopicKeyStore::Open(open_, master_key, options);
  }
  absl::Status Rewrap(const std::string& master_key, const std::string& new_master_key) override {
    return RewrapKeyTopic(open_, master_key, new_master_key, absl::Seconds(5));
  }
  std::string Content() override {
    topic_.Compact();
    std::string content;
    for (const auto& [key, value] : topic_.rows()) content += key + value;
    return content;
  }

 private:
  log::MemoryTopic topic_;
  const OpenKeyTable open_ = [this](log::KafkaTable::Listener* listener) { return topic_.Open(listener); };
};

using MakePlace = std::unique_ptr<Place> (*)();

class KeyStoreTest : public ::testing::TestWithParam<MakePlace> {
 protected:
  std::unique_ptr<KeyStore> Opened(const std::string& master_key) {
    auto store = place_->Open(master_key);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
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

  const std::unique_ptr<Place> place_ = GetParam()();
  const std::string master_key_ = RandomBytes(kKeyBytes);
};

INSTANTIATE_TEST_SUITE_P(Stores, KeyStoreTest,
                         ::testing::Values(
                             +[]() -> std::unique_ptr<Place> { return std::make_unique<InAFile>(); },
                             +[]() -> std::unique_ptr<Place> { return std::make_unique<InATopic>(); }),
                         [](const auto& test) { return test.index == 0 ? "InAFile" : "InATopic"; });

TEST_P(KeyStoreTest, APersonKeepsTheKeyOverARestartAndAnotherHasAnother) {
  PersonKey first;
  std::string hash_key;
  {
    const auto store = Opened(master_key_);
    first = KeyOf(*store, kPerson).value();
    hash_key = store->hash_key();
    EXPECT_NE(KeyOf(*store, "620121/620121100002")->key, first.key);
    EXPECT_EQ(Find(*store, {kPerson, first.id}), first.key);
  }
  const auto store = Opened(master_key_);
  EXPECT_EQ(KeyOf(*store, kPerson)->key, first.key);
  EXPECT_EQ(KeyOf(*store, kPerson)->id, first.id);
  EXPECT_EQ(Find(*store, {kPerson, first.id}), first.key);
  EXPECT_EQ(store->hash_key(), hash_key);
}

TEST_P(KeyStoreTest, ManyPeopleAreServedAtOnceAlsoWhenOneIsNamedTwice) {
  const auto store = Opened(master_key_);
  const auto keys = store->KeysFor({kPerson, "620121/AM01", kPerson});
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2u);
  const KeyName first{kPerson, keys->at(kPerson)->id}, second{"620121/AM01", keys->at("620121/AM01")->id};
  const auto found = store->Find({first, second, first});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->at(first), keys->at(kPerson)->key);
  EXPECT_EQ(found->at(second), keys->at("620121/AM01")->key);
  EXPECT_TRUE(store->KeysFor({})->empty());
  EXPECT_TRUE(store->Find({})->empty());
}

TEST_P(KeyStoreTest, AKeyIsFoundByItsOwnNameOnly) {
  const auto store = Opened(master_key_);
  const PersonKey key = KeyOf(*store, kPerson).value();
  EXPECT_EQ(Find(*store, {kPerson, RandomBytes(kKeyIdBytes)}), std::nullopt);
  EXPECT_EQ(Find(*store, {"620121/AM01", key.id}), std::nullopt);
  EXPECT_EQ(Find(*store, {kPerson, ""}), std::nullopt);
}

TEST_P(KeyStoreTest, AnotherMasterKeyDoesNotOpenIt) {
  Opened(master_key_);
  const auto other = place_->Open(RandomBytes(kKeyBytes));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("the master key is not the one"));
  EXPECT_NE(Opened(master_key_), nullptr);
}

TEST_P(KeyStoreTest, NoKeyStandsThereInTheClear) {
  const auto store = Opened(master_key_);
  const PersonKey key = KeyOf(*store, kPerson).value();
  const std::string content = place_->Content();
  EXPECT_THAT(content, HasSubstr(kPerson));  // So the row is there.
  EXPECT_THAT(content, Not(HasSubstr(key.key)));
  EXPECT_THAT(content, Not(HasSubstr(store->hash_key())));
}

TEST_P(KeyStoreTest, AForgottenKeyIsGoneAndNeverComesBack) {
  PersonKey key;
  {
    const auto store = Opened(master_key_);
    const size_t before = place_->Content().size();
    key = KeyOf(*store, kPerson).value();
    const size_t with_key = place_->Content().size();
    EXPECT_GE(with_key, before);
    ASSERT_TRUE(store->Forget(kPerson, true).ok());
    EXPECT_EQ(Find(*store, {kPerson, key.id}), std::nullopt);
    EXPECT_EQ(KeyOf(*store, kPerson), std::nullopt);
    const std::string forgotten = place_->Content();
    ASSERT_TRUE(store->Forget(kPerson, true).ok());
    EXPECT_EQ(place_->Content().size(), forgotten.size());
  }
  const auto store = Opened(master_key_);
  EXPECT_EQ(Find(*store, {kPerson, key.id}), std::nullopt);
  EXPECT_EQ(KeyOf(*store, kPerson), std::nullopt);
}

TEST_P(KeyStoreTest, WhoWasForgottenBeforeThereWasAKeyGetsNone) {
  const auto store = Opened(master_key_);
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  EXPECT_EQ(KeyOf(*store, kPerson), std::nullopt);
}

TEST_P(KeyStoreTest, ALicenceTakesItsReceiversWithItAlsoLaterOnesAndNobodyElse) {
  const auto store = Opened(master_key_);
  const std::string receiver = std::string(kPerson) + "-1", neighbour = std::string(kPerson) + "1";
  const std::string later = std::string(kPerson) + "-2";
  const KeyName key{receiver, KeyOf(*store, receiver)->id};
  KeyOf(*store, neighbour);
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  EXPECT_EQ(Find(*store, key), std::nullopt);
  for (const std::string& person : {std::string(kPerson), receiver, later}) {
    EXPECT_EQ(KeyOf(*store, person), std::nullopt) << person;
  }
  EXPECT_NE(KeyOf(*store, neighbour), std::nullopt);
  EXPECT_NE(KeyOf(*store, neighbour + "-1"), std::nullopt);

  KeyOf(*store, "620121/AM");
  KeyOf(*store, "620121/AM-1");
  ASSERT_TRUE(store->Forget("620121/AM", false).ok());
  EXPECT_EQ(KeyOf(*store, "620121/AM"), std::nullopt);
  EXPECT_NE(KeyOf(*store, "620121/AM-1"), std::nullopt);
  EXPECT_NE(KeyOf(*store, "620121/AM-2"), std::nullopt);
}

TEST_P(KeyStoreTest, ANewMasterKeyOpensTheSameKeysAndTheOldOneNothing) {
  const std::string after = RandomBytes(kKeyBytes);
  PersonKey key;
  std::string hash_key;
  {
    const auto store = Opened(master_key_);
    key = KeyOf(*store, kPerson).value();
    hash_key = store->hash_key();
    ASSERT_TRUE(store->Forget("620121/AM01", false).ok());
  }
  ASSERT_TRUE(place_->Rewrap(master_key_, after).ok());
  EXPECT_FALSE(place_->Open(master_key_).ok());
  const auto store = Opened(after);
  EXPECT_EQ(KeyOf(*store, kPerson)->key, key.key);
  EXPECT_EQ(Find(*store, {kPerson, key.id}), key.key);
  EXPECT_EQ(store->hash_key(), hash_key);
  EXPECT_EQ(KeyOf(*store, "620121/AM01"), std::nullopt);
}

TEST_P(KeyStoreTest, AMasterKeyThatIsNotTheOneChangesNothing) {
  { KeyOf(*Opened(master_key_), kPerson); }
  const absl::Status refused = place_->Rewrap(RandomBytes(kKeyBytes), RandomBytes(kKeyBytes));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(Opened(master_key_), nullptr);
}

}  // namespace

}  // namespace sanyuan::sealed
