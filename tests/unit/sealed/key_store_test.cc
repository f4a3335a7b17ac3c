#include "common/sealed/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "common/sealed/cipher.h"
#include "common/sealed/master_key.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::sealed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPerson[] = "620121/620121100001";

std::unique_ptr<KeyStore> Opened(const std::string& directory, const std::string& master_key) {
  auto store = KeyStore::Open(directory, master_key);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

PersonKey KeyOf(KeyStore& store, const std::string& person) {
  const auto keys = store.KeysFor({person});
  EXPECT_TRUE(keys.ok() && keys->at(person).has_value()) << keys.status();
  return keys.ok() ? keys->at(person).value_or(PersonKey{}) : PersonKey{};
}

std::string ContentOf(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

void Write(const std::string& path, const std::string& content, mode_t mode) {
  std::ofstream(path, std::ios::binary) << content;
  ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

TEST(Cipher, WhatWasLockedOpensAgainAndOnlyAsWhatItIs) {
  const std::string key = RandomBytes(kKeyBytes);
  const std::string locked = Lock(key, "name of A", "王小明");
  EXPECT_EQ(Unlock(key, "name of A", locked), "王小明");
  EXPECT_EQ(Unlock(key, "name of B", locked), std::nullopt);
  EXPECT_EQ(Unlock(RandomBytes(kKeyBytes), "name of A", locked), std::nullopt);
  EXPECT_EQ(Unlock(key, "name of A", ""), std::nullopt);
}

TEST(Cipher, EveryFlippedBitIsFound) {
  const std::string key = RandomBytes(kKeyBytes);
  const std::string locked = Lock(key, "x", "13800138000");
  for (size_t bit = 0; bit < locked.size() * 8; ++bit) {
    std::string damaged = locked;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(Unlock(key, "x", damaged), std::nullopt) << bit;
  }
}

TEST(Cipher, TheSameTextIsNeverLockedTheSameTwice) {
  const std::string key = RandomBytes(kKeyBytes);
  EXPECT_NE(Lock(key, "x", "text").substr(0, kNonceBytes), Lock(key, "x", "text").substr(0, kNonceBytes));
}

TEST(KeyStore, APersonKeepsTheKeyOverARestartAndAnotherHasAnother) {
  const ScratchDirectory folder;
  const std::string master_key = RandomBytes(kKeyBytes);
  PersonKey first;
  std::string hash_key;
  {
    const auto store = Opened(folder.path(), master_key);
    first = KeyOf(*store, kPerson);
    hash_key = store->hash_key();
    EXPECT_NE(KeyOf(*store, "620121/620121100002").key, first.key);
  }
  const auto store = Opened(folder.path(), master_key);
  EXPECT_EQ(KeyOf(*store, kPerson).key, first.key);
  EXPECT_EQ(KeyOf(*store, kPerson).id, first.id);
  EXPECT_EQ(store->hash_key(), hash_key);
}

TEST(KeyStore, AnotherMasterKeyDoesNotOpenIt) {
  const ScratchDirectory folder;
  const std::string master_key = RandomBytes(kKeyBytes);
  Opened(folder.path(), master_key);
  const auto other = KeyStore::Open(folder.path(), RandomBytes(kKeyBytes));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("master key"));
  EXPECT_NE(Opened(folder.path(), master_key), nullptr);
}

TEST(KeyStore, NoKeyStandsInTheFileInTheClear) {
  const ScratchDirectory folder;
  const auto store = Opened(folder.path(), RandomBytes(kKeyBytes));
  const PersonKey key = KeyOf(*store, kPerson);
  const std::string file = ContentOf(KeyStore::PathIn(folder.path()));
  EXPECT_THAT(file, HasSubstr(key.id));  // So the row is there.
  EXPECT_THAT(file, Not(HasSubstr(key.key)));
  EXPECT_THAT(file, Not(HasSubstr(store->hash_key())));
}

TEST(KeyStore, AForgottenKeyIsGoneFromTheFileAndNeverComesBack) {
  const ScratchDirectory folder;
  const std::string master_key = RandomBytes(kKeyBytes);
  const std::string path = KeyStore::PathIn(folder.path());
  {
    const auto store = Opened(folder.path(), master_key);
    const PersonKey key = KeyOf(*store, kPerson);
    ASSERT_THAT(ContentOf(path), HasSubstr(key.id));
    ASSERT_TRUE(store->Forget(kPerson, true).ok());
    EXPECT_THAT(ContentOf(path), Not(HasSubstr(key.id)));
    ASSERT_TRUE(store->Forget(kPerson, true).ok());
  }
  const auto store = Opened(folder.path(), master_key);
  EXPECT_EQ(*store->Find(kPerson), std::nullopt);
  EXPECT_EQ(store->KeysFor({kPerson})->at(kPerson), std::nullopt);
}

TEST(KeyStore, WhoWasForgottenBeforeThereWasAKeyGetsNone) {
  const ScratchDirectory folder;
  const auto store = Opened(folder.path(), RandomBytes(kKeyBytes));
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  EXPECT_EQ(store->KeysFor({kPerson})->at(kPerson), std::nullopt);
}

TEST(KeyStore, ALicenceTakesItsReceiversWithItAndNobodyElse) {
  const ScratchDirectory folder;
  const auto store = Opened(folder.path(), RandomBytes(kKeyBytes));
  const std::string receiver = std::string(kPerson) + "-1", neighbour = std::string(kPerson) + "1";
  for (const std::string& person : {std::string(kPerson), receiver, neighbour}) KeyOf(*store, person);
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  EXPECT_FALSE(store->Find(receiver)->has_value());
  EXPECT_TRUE(store->Find(neighbour)->has_value());

  KeyOf(*store, "620121/AM");
  KeyOf(*store, "620121/AM-1");
  ASSERT_TRUE(store->Forget("620121/AM", false).ok());
  EXPECT_FALSE(store->Find("620121/AM")->has_value());
  EXPECT_TRUE(store->Find("620121/AM-1")->has_value());
}

TEST(KeyStore, ANewMasterKeyOpensTheSameKeysAndTheOldOneNothing) {
  const ScratchDirectory folder;
  const std::string before = RandomBytes(kKeyBytes), after = RandomBytes(kKeyBytes);
  PersonKey key;
  {
    const auto store = Opened(folder.path(), before);
    key = KeyOf(*store, kPerson);
    ASSERT_TRUE(store->Forget("620121/AM01", false).ok());
    ASSERT_TRUE(store->Rewrap(after).ok());
    EXPECT_EQ(KeyOf(*store, kPerson).key, key.key);
  }
  EXPECT_FALSE(KeyStore::Open(folder.path(), before).ok());
  const auto store = Opened(folder.path(), after);
  EXPECT_EQ(KeyOf(*store, kPerson).key, key.key);
  EXPECT_FALSE(store->Find("620121/AM01")->has_value());
}

TEST(KeyStore, AKeyHungOnAnotherPersonDoesNotOpen) {
  const ScratchDirectory folder;
  const std::string master_key = RandomBytes(kKeyBytes);
  {
    const auto store = Opened(folder.path(), master_key);
    KeyOf(*store, kPerson);
    KeyOf(*store, "620121/AM01");
  }
  {
    auto database = sqlite::Database::Open(KeyStore::PathIn(folder.path()), sqlite::Database::Mode::kCreate);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE((*database)
                    ->Execute("UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE name = "
                              "'620121/AM01') WHERE name = '620121/620121100001'")
                    .ok());
  }
  const auto store = Opened(folder.path(), master_key);
  EXPECT_EQ(store->Find(kPerson).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(store->Find("620121/AM01").ok());
}

TEST(MasterKey, IsReadFromAFileThatOnlyItsOwnerMayReadAndThatHoldsNothingElse) {
  const ScratchDirectory folder;
  const std::string path = folder.path() + "/master";
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kNotFound);
  const std::string key = RandomBytes(kKeyBytes);
  Write(path, key, 0600);
  EXPECT_EQ(*ReadMasterKey(path), key);
  Write(path, key, 0640);
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kPermissionDenied);
  Write(path, key.substr(1), 0600);
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kInvalidArgument);
  Write(path, key + "\n", 0600);
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MasterKey, OfDevelopmentIsMadeOnceAndReadable) {
  const ScratchDirectory folder;
  const auto made = ReadOrMakeMasterKey(folder.path() + "/master");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(*ReadMasterKey(folder.path() + "/master"), *made);
  EXPECT_EQ(*ReadOrMakeMasterKey(folder.path() + "/master"), *made);
}

}  // namespace
}  // namespace sanyuan::sealed
