#include "common/sealed/file_key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "common/sealed/cipher.h"
#include "tests/engine/scratch_directory.h"
#include "tests/unit/sealed/person.h"

namespace sanyuan::sealed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<FileKeyStore> Opened(const std::string& directory, const std::string& master_key) {
  auto store = FileKeyStore::Open(directory, master_key);
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

void Execute(const std::string& path, const std::string& sql) {
  const auto database = sqlite::Database::Open(path, sqlite::Database::Mode::kCreate);
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status done = (*database)->Execute(sql);
  ASSERT_TRUE(done.ok()) << done;
}

TEST(FileKeyStore, AForgottenKeyIsOverwrittenInTheFile) {
  const ScratchDirectory folder;
  const std::string path = FileKeyStore::PathIn(folder.path());
  const auto store = Opened(folder.path(), RandomBytes(kKeyBytes));
  const PersonKey key = KeyOf(*store, kPerson), receiver = KeyOf(*store, std::string(kPerson) + "-1");
  ASSERT_THAT(ContentOf(path), HasSubstr(key.id));
  ASSERT_THAT(ContentOf(path), HasSubstr(receiver.id));
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  EXPECT_THAT(ContentOf(path), Not(HasSubstr(key.id)));
  EXPECT_THAT(ContentOf(path), Not(HasSubstr(receiver.id)));
}

TEST(FileKeyStore, AKeyHungOnAnotherPersonDoesNotOpen) {
  const ScratchDirectory folder;
  const std::string master_key = RandomBytes(kKeyBytes);
  PersonKey key;
  {
    const auto store = Opened(folder.path(), master_key);
    key = KeyOf(*store, kPerson);
    KeyOf(*store, "620121/AM01");
  }
  Execute(FileKeyStore::PathIn(folder.path()),
          "UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE name = '620121/AM01') WHERE "
          "name = '620121/620121100001'");
  const auto store = Opened(folder.path(), master_key);
  EXPECT_TRUE(absl::IsDataLoss(store->Find({{kPerson, key.id}}).status()));
  EXPECT_TRUE(absl::IsDataLoss(store->KeysFor({kPerson}).status()));
  EXPECT_TRUE(store->KeysFor({"620121/AM01"}).ok());
}

TEST(FileKeyStore, AFileThatHoldsOneKeyForAPersonIsUsedAsItIs) {
  const ScratchDirectory folder;
  const std::string path = FileKeyStore::PathIn(folder.path()), master_key = RandomBytes(kKeyBytes);
  Execute(path,
          "CREATE TABLE person_key (name TEXT PRIMARY KEY, id BLOB NOT NULL, wrapped BLOB) STRICT; "
          "INSERT INTO person_key VALUES ('620121/AM01', x'', NULL)");
  const auto store = Opened(folder.path(), master_key);
  const PersonKey key = KeyOf(*store, kPerson);
  EXPECT_EQ(store->KeysFor({"620121/AM01"})->at("620121/AM01"), std::nullopt);
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  EXPECT_EQ(store->KeysFor({kPerson})->at(kPerson), std::nullopt);
  EXPECT_THAT(ContentOf(path), Not(HasSubstr(key.id)));
  ASSERT_TRUE(store->Rewrap(RandomBytes(kKeyBytes)).ok());
}

TEST(FileKeyStore, ACopyIsReadAndWrittenAsAWhole) {
  const ScratchDirectory folder, other;
  const std::string master_key = RandomBytes(kKeyBytes), copy = folder.path() + "/copy";
  const auto store = Opened(folder.path(), master_key);
  const PersonKey key = KeyOf(*store, kPerson);
  ASSERT_TRUE(store->Forget("620121/AM01", false).ok());
  ASSERT_TRUE(FileKeyStore::Copy(folder.path(), copy).ok());
  auto stored = ReadKeyFile(copy);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(stored->forgotten, ::testing::ElementsAre("620121/AM01"));

  // A person with a second key, as other stores know them.
  const std::string second = RandomBytes(kKeyBytes);
  stored->keys.push_back({{kPerson, "12345678"}, WrapPersonKey(master_key, kPerson, second)});
  ASSERT_TRUE(WriteKeyFile(FileKeyStore::PathIn(other.path()), *stored).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(WriteKeyFile(FileKeyStore::PathIn(other.path()), *stored)));
  struct stat file {};
  ASSERT_EQ(stat(FileKeyStore::PathIn(other.path()).c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  const auto again = Opened(other.path(), master_key);
  EXPECT_EQ(again->hash_key(), store->hash_key());
  EXPECT_EQ(KeyOf(*again, kPerson).key, key.key);
  const auto found = again->Find({{kPerson, key.id}, {kPerson, "12345678"}});
  EXPECT_EQ(found->at({kPerson, key.id}), key.key);
  EXPECT_EQ(found->at({kPerson, "12345678"}), second);
  ASSERT_TRUE(again->Forget(kPerson, false).ok());
  EXPECT_EQ(again->Find({{kPerson, "12345678"}})->at({kPerson, "12345678"}), std::nullopt);

  EXPECT_TRUE(absl::IsNotFound(ReadKeyFile(folder.path() + "/none").status()));
}

}  // namespace

}  // namespace sanyuan::sealed
