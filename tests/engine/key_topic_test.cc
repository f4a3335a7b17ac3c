// Keys of people on a real broker that dies and comes back, and whose disk forgets what was deleted
// (tests/engine/with_engines.py --kafka 1).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/log/kafka/kafka_table.h"
#include "common/log/kafka/topics.h"
#include "common/sealed/cipher.h"
#include "common/sealed/key_topic_tools.h"
#include "common/sealed/topic_key_store.h"
#include "tests/engine/kafka_brokers.h"

namespace sanyuan::sealed {
namespace {

constexpr char kPerson[] = "620121/620121100001";

class KeyTopicTest : public ::testing::Test {
 protected:
  KeyTopicTest() {
    brokers_.Up();
    kafka_.bootstrap = brokers_.bootstrap();
    kafka_.topic_prefix = fmt::format("p{:08x}.", std::random_device()());
    kafka_.read_timeout = absl::Seconds(20);
    options_.may_begin = true;
    options_.patience = absl::Seconds(20);
  }

  void MakeTopic(const std::map<std::string, std::string>& settings = {}) {
    log::TopicSpec spec = log::TableTopic(kKeysTopic, kKeysPartitions, 1);
    for (const auto& [setting, value] : settings) spec.settings[setting] = value;
    const auto topics = log::KafkaTopics::Open(kafka_);
    ASSERT_TRUE(topics.ok()) << topics.status();
    const absl::Status made = (*topics)->Create(spec, 1);
    ASSERT_TRUE(made.ok()) << made;
  }
  std::unique_ptr<TopicKeyStore> Opened() {
    auto store = TopicKeyStore::Open(open_, master_key_, options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  static std::optional<PersonKey> KeyOf(KeyStore& store, const std::string& person) {
    const auto keys = store.KeysFor({person});
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? keys->at(person) : std::nullopt;
  }
  // The person's first key as it lies in the topic.
  std::string WrappedKeyOf(const std::string& person) {
    const auto topic = KeyTopic::Open(open_, options_.patience);
    EXPECT_TRUE(topic.ok()) << topic.status();
    if (!topic.ok()) return "";
    const auto lock = (*topic)->Hold();
    const auto& keys = (*topic)->rows().KeysOf(person);
    EXPECT_FALSE(keys.empty());
    return keys.empty() ? "" : keys.front().wrapped;
  }
  using Names = std::set<std::filesystem::path>;
  static Names FilesIn(const std::filesystem::path& folder) {
    std::error_code error;
    Names names;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) names.insert(entry.path());
    EXPECT_FALSE(error) << error.message();
    return names;
  }
  // Whether any file of the topic holds these bytes, files that the broker is about to delete too. A file that the
  // broker renames meanwhile would be overlooked under both its names, so the same files must be there afterwards.
  bool OnTheDisk(const std::string& bytes) const {
    const std::filesystem::path folder = std::filesystem::path(brokers_.data()) / "broker-1" / "data" /
                                         (kafka_.topic_prefix + kKeysTopic + std::string("-0"));
    for (Names before = FilesIn(folder), after;; before = std::move(after)) {
      for (const auto& name : before) {
        std::ostringstream content;
        if (std::ifstream file(name, std::ios::binary); file.peek() != EOF) content << file.rdbuf();
        if (content.str().find(bytes) != std::string::npos) return true;
      }
      if ((after = FilesIn(folder)) == before) return false;
    }
  }

  log::KafkaBrokers brokers_;
  log::KafkaLogOptions kafka_;
  TopicKeyOptions options_;
  const OpenKeyTable open_ = [this](log::KafkaTable::Listener* listener) {
    return log::KafkaTable::Open(kafka_, {kKeysTopic}, listener);
  };
  const std::string master_key_ = RandomBytes(kKeyBytes);
};

TEST_F(KeyTopicTest, ServersThatBeginAtTheSameMomentShareAllKeys) {
  MakeTopic();
  std::vector<std::future<std::unique_ptr<TopicKeyStore>>> opening;
  for (int i = 0; i < 3; ++i) opening.push_back(std::async(std::launch::async, [this] { return Opened(); }));
  std::vector<std::unique_ptr<TopicKeyStore>> stores;
  for (auto& one : opening) stores.push_back(one.get());
  for (const auto& store : stores) EXPECT_EQ(store->hash_key(), stores.front()->hash_key());

  std::vector<std::future<std::vector<PersonKey>>> sealing;
  for (const auto& store : stores) {
    sealing.push_back(std::async(std::launch::async, [&store] {
      std::vector<PersonKey> keys;
      for (int person = 0; person < 100; ++person) {
        keys.push_back(KeyOf(*store, fmt::format("{}{}", kPerson, person)).value());
      }
      return keys;
    }));
  }
  std::map<KeyName, std::string> sealed;
  for (auto& one : sealing) {
    const std::vector<PersonKey> keys = one.get();
    for (size_t person = 0; person < keys.size(); ++person) {
      sealed[{fmt::format("{}{}", kPerson, person), keys[person].id}] = keys[person].key;
    }
  }
  stores.push_back(Opened());
  for (const auto& store : stores) {
    for (const auto& [name, key] : sealed) {
      const auto found = store->Find({name});
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->at(name), key);
    }
  }
}

TEST_F(KeyTopicTest, WhileTheBrokerIsAwayKnownKeysServeAndNewOnesAreRefusedInTime) {
  MakeTopic();
  options_.patience = absl::Seconds(5);
  const auto store = Opened();
  const PersonKey key = KeyOf(*store, kPerson).value();
  brokers_.Kill(1);
  EXPECT_EQ(KeyOf(*store, kPerson)->key, key.key);
  EXPECT_EQ(store->Find({{kPerson, key.id}})->at({kPerson, key.id}), key.key);
  EXPECT_TRUE(absl::IsUnavailable(store->KeysFor({"620121/AM01"}).status()));
  EXPECT_TRUE(absl::IsUnavailable(store->Find({{"620121/AM02", "12345678"}}).status()));
  EXPECT_TRUE(absl::IsUnavailable(store->Forget(kPerson, true)));
  brokers_.Up();
  while (!store->Forget(kPerson, true).ok()) continue;
  EXPECT_EQ(KeyOf(*store, kPerson), std::nullopt);
  EXPECT_NE(KeyOf(*store, "620121/AM01"), std::nullopt);
}

TEST_F(KeyTopicTest, ANewMasterKeyIsForEverybody) {
  MakeTopic();
  std::optional<PersonKey> key;
  { key = KeyOf(*Opened(), kPerson); }
  const std::string after = RandomBytes(kKeyBytes);
  const absl::Status rewrapped = RewrapKeyTopic(open_, master_key_, after, options_.patience);
  ASSERT_TRUE(rewrapped.ok()) << rewrapped;
  EXPECT_TRUE(absl::IsFailedPrecondition(TopicKeyStore::Open(open_, master_key_, options_).status()));
  const auto store = TopicKeyStore::Open(open_, after, options_);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(KeyOf(**store, kPerson)->key, key->key);
}

TEST_F(KeyTopicTest, ADeletedKeyLeavesTheBrokersDiskAndThoseOfOthersStay) {
  // As the topic is, in seconds instead of an hour.
  MakeTopic({{"segment.ms", "1000"},
             {"max.compaction.lag.ms", "2000"},
             {"delete.retention.ms", "1000"},
             {"file.delete.delay.ms", "500"}});
  options_.finish_after = absl::Seconds(2);
  const auto store = Opened();
  KeyOf(*store, kPerson);
  KeyOf(*store, "620121/AM01");
  const std::string gone = WrappedKeyOf(kPerson), stays = WrappedKeyOf("620121/AM01");
  ASSERT_TRUE(OnTheDisk(gone));
  ASSERT_TRUE(store->Forget(kPerson, true).ok());
  const absl::Time forgotten = absl::Now();
  while (OnTheDisk(gone) && absl::Now() - forgotten < absl::Minutes(2))
    absl::SleepFor(absl::Milliseconds(50));
  EXPECT_FALSE(OnTheDisk(gone));
  EXPECT_TRUE(OnTheDisk(stays));
  RecordProperty("seconds", fmt::format("{}", absl::ToDoubleSeconds(absl::Now() - forgotten)));
  EXPECT_EQ(KeyOf(*Opened(), kPerson), std::nullopt);
}

}  // namespace
}  // namespace sanyuan::sealed
