// One client that writes rows of tables. A row is given up when it is late; a client that has failed for good is replaced
// by another.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_TABLE_WRITER_H_
#define SANYUAN_COMMON_LOG_KAFKA_TABLE_WRITER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/digest/digest.h"
#include "common/log/kafka/client.h"

namespace sanyuan::log::kafka {

// The header that each row carries: a digest of its key and value.
inline constexpr char kRowDigest[] = "sha256";
inline Digest DigestOfRow(std::string_view key, std::string_view value) {
  return Sha256OfParts({key, value});
}

class TableWriter final : private ClientEvents {
 public:
  using Done = std::function<void(absl::Status)>;

  // Asks for `topics`, so that the first row need not. May block for `options.read_timeout`.
  static absl::StatusOr<std::unique_ptr<TableWriter>> New(const KafkaLogOptions& options,
                                                          const std::vector<std::string>& topics);
  // What is under way is given up.
  ~TableWriter() override;

  // As KafkaTable::Put. `done` is called on the writer's thread.
  absl::Status Put(const TopicPartition& where, const std::string& key, const std::string& value, Done done);

 private:
  explicit TableWriter(const KafkaLogOptions& options) : options_(options) {}

  void OnError(rd_kafka_resp_err_t error, std::string_view why) override;
  void OnDelivered(const rd_kafka_message_t& message) override;
  absl::StatusOr<std::unique_ptr<Client>> NewClient();
  void Poll();
  void Replace();

  const KafkaLogOptions options_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  // nullptr while there is none that works. Changed by the polling thread only, with mutex_ held.
  std::unique_ptr<Client> client_;
  std::thread poller_;
};

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_TABLE_WRITER_H_
