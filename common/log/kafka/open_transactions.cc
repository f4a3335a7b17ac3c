#include "common/log/kafka/open_transactions.h"

#include "absl/time/clock.h"

namespace sanyuan::log::kafka {
namespace {

absl::StatusOr<std::vector<int64_t>> Ends(Client& client, const std::vector<TopicPartition>& partitions,
                                          absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  return Insist(deadline, absl::ZeroDuration(),
                [&] { return client.OffsetsOf(partitions, RD_KAFKA_OFFSET_END, deadline - absl::Now()); });
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
