// The keys of people in the compacted topic `registry.keys` of Kafka, shared by all servers of an installation. What its
// rows are stands in key_rows.h.
//
// All servers see the rows in one order: of two keys that two servers make for a person at the same moment both stay, of
// two first hash keys the first counts, and a key that lands behind its person's forgetting is nobody's. What is made
// here is used when it has landed (key_topic.h). All keys are kept in memory, wrapped.
//
// Deleting overwrites: the bytes leave the brokers' disks when the topic is compacted (README.md says when).
//
// Thread safety and errors as the port's. Unavailable also: what was asked for can't be known while brokers are away, or
// the master key was changed under this server.
#ifndef SANYUAN_COMMON_SEALED_TOPIC_KEY_STORE_H_
#define SANYUAN_COMMON_SEALED_TOPIC_KEY_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/sealed/key_store.h"
#include "common/sealed/key_topic.h"

namespace sanyuan::sealed {

struct TopicKeyOptions {
  // Whether keys may begin here, when there are none yet.
  bool may_begin = false;
  // For so long a call waits for the brokers, and opening for the next row.
  absl::Duration patience = absl::Seconds(5);
  // So long after the last deletion a further row finishes the segment that it lies in: longer than `segment.ms`.
  absl::Duration finish_after = absl::Minutes(11);
};

class TopicKeyStore final : public KeyStore {
 public:
  // Returns when all that was there has been read. NotFound: there are no keys. FailedPrecondition: another master key
  // wrapped them, or its change was not finished, or a row is of a later version. Unavailable.
  static absl::StatusOr<std::unique_ptr<TopicKeyStore>> Open(const OpenKeyTable& open,
                                                             const std::string& master_key,
                                                             const TopicKeyOptions& options);
  ~TopicKeyStore() override;

  absl::StatusOr<PersonKeys> KeysFor(const std::vector<std::string>& people) override;
  absl::StatusOr<FoundKeys> Find(const std::vector<KeyName>& names) override;
  absl::Status Forget(const std::string& person, bool with_receivers) override;
  const std::string& hash_key() const override { return hash_key_; }

 private:
  TopicKeyStore(std::unique_ptr<KeyTopic> topic, std::string master_key, const TopicKeyOptions& options)
      : options_(options), master_key_(std::move(master_key)), topic_(std::move(topic)) {}

  absl::Status ChooseHashKey();
  // All below: REQUIRES: the topic's lock is held.
  // Why no key may be used any more.
  absl::Status Halted() const;
  // The person's first key that nobody has to wait for any more.
  absl::StatusOr<std::optional<PersonKey>> UsableKey(const std::string& person) const;
  absl::Status TakeAwayCondemned(KeyTopic::Lock& lock);
  void Keep();

  const TopicKeyOptions options_;
  const std::string master_key_;
  std::string hash_key_;
  const std::unique_ptr<KeyTopic> topic_;
  uint64_t rotations_ = 0;                              // Of the master key, at opening.
  std::map<std::string, KeyTopic::LandingPtr> making_;  // Keys that are made for people.
  std::set<KeyName> missing_;                           // Looked for, and not there.
  bool stopping_ = false;
  // Takes away what others wrote for people who were forgotten, and finishes segments.
  std::thread keeper_;
};

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_TOPIC_KEY_STORE_H_
