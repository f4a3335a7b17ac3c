#include "common/log/kafka/open_transactions.h"

#include <memory>

#include "absl/time/clock.h"

namespace sanyuan::log::kafka {
namespace {

struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};

// The ends of all as this client sees them. One question for each broker that leads some.
absl::StatusOr<std::vector<int64_t>> EndsOnce(Client& client, const std::vector<TopicPartition>& partitions,
                                              absl::Duration timeout) {
  const std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& where : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), client.TopicName(where).c_str(), where.partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  const rd_kafka_resp_err_t error =
      rd_kafka_offsets_for_times(client.handle(), list.get(), ToTimeout(timeout));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(error, "the ends of the journals");
  std::vector<int64_t> ends;
  for (const TopicPartition& where : partitions) {
    const rd_kafka_topic_partition_t* found =
        rd_kafka_topic_partition_list_find(list.get(), client.TopicName(where).c_str(), where.partition);
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      client.FindLeaders(where, timeout);
      const absl::Status status = ToStatus(found->err, "the end of " + where.ToString());
      // The answer lacked the partition.
      return absl::IsDataLoss(status) ? absl::UnavailableError(status.message()) : status;
    }
    ends.push_back(found->offset);
  }
  return ends;
}

absl::StatusOr<std::vector<int64_t>> Ends(Client& client, const std::vector<TopicPartition>& partitions,
                                          absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  return Insist(deadline, absl::ZeroDuration(),
                [&] { return EndsOnce(client, partitions, deadline - absl::Now()); });
}

// Records that come between the two questions can't look like a transaction: both ends only grow, and the stable one is
// asked for last.
absl::StatusOr<std::vector<OpenTransaction>> LookOnce(Client& high_watermark, Client& last_stable,
                                                      const std::vector<TopicPartition>& partitions,
                                                      absl::Duration timeout) {
  const auto ends = Ends(high_watermark, partitions, timeout);
  if (!ends.ok()) return ends.status();
  const auto stable = Ends(last_stable, partitions, timeout);
  if (!stable.ok()) return stable.status();
  std::vector<OpenTransaction> open;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if ((*stable)[i] < (*ends)[i]) open.push_back({partitions[i], (*stable)[i]});
  }
  return open;
}

}  // namespace

absl::StatusOr<std::vector<OpenTransaction>> FindOpenTransactions(Client& high_watermark, Client& last_stable,
                                                                  std::vector<TopicPartition> partitions,
                                                                  absl::Duration confirm,
                                                                  absl::Duration timeout) {
  if (partitions.empty()) return std::vector<OpenTransaction>{};
  auto open = LookOnce(high_watermark, last_stable, partitions, timeout);
  if (!open.ok() || open->empty()) return open;
  absl::SleepFor(confirm);
  partitions.clear();
  for (const OpenTransaction& one : *open) partitions.push_back(one.where);
  return LookOnce(high_watermark, last_stable, partitions, timeout);
}

}  // namespace sanyuan::log::kafka
