// One client that writes, for any number of partitions. A partition's records are sent in order, one request at a time;
// what fails for good makes the client lost, and with it every producer on it: after a record that did not land none of
// the later ones does.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_LOG_KAFKA_WRITER_H_
#define SANYUAN_COMMON_LOG_KAFKA_WRITER_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/log/kafka/client.h"

namespace sanyuan::log::kafka {

class Writer final : private ClientEvents {
 public:
  static absl::StatusOr<std::shared_ptr<Writer>> New(const KafkaLogOptions& options);
  // What is still under way is given up. No producer may be left.
  ~Writer() override;

  // True: a new writer is needed.
  bool lost() const { return lost_.load(); }
  // The producer keeps its writer. NotFound: no such topic or partition. May block for `options.read_timeout`.
  static absl::StatusOr<std::unique_ptr<Producer>> NewProducer(std::shared_ptr<Writer> writer,
                                                               const TopicPartition& where,
                                                               ProducerListener* listener);

 private:
  class KafkaProducer;
  // The records of one producer that are under way, which outlive it.
  class Lane;

  explicit Writer(const KafkaLogOptions& options) : options_(options) {}

  void OnError(rd_kafka_resp_err_t error, std::string_view why) override;
  void OnDelivered(const rd_kafka_message_t& message) override;
  void Lose(const absl::Status& why);
  void Poll();
  std::vector<std::shared_ptr<Lane>> Lanes();

  const KafkaLogOptions options_;
  std::unique_ptr<Client> client_;
  std::atomic<bool> lost_{false};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::vector<std::weak_ptr<Lane>> lanes_;
  std::thread poller_;
};

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_WRITER_H_
