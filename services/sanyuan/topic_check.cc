#include "services/sanyuan/topic_check.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/host/partition_host.h"

namespace sanyuan {
namespace {

using Mismatches = std::vector<log::Mismatch>;

bool AreTransactions(const Mismatches& mismatches) {
  return std::all_of(mismatches.begin(), mismatches.end(),
                     [](const log::Mismatch& one) { return one.setting == log::kOpenTransaction; });
}

void Say(const Mismatches& mismatches) {
  for (const log::Mismatch& one : mismatches) spdlog::critical("{}", one.ToString());
}

std::string Advice(const log::Mismatch& mismatch, int32_t replication) {
  if (mismatch.setting == log::kOpenTransaction) {
    return "whoever has it open has to end it, or kafka-transactions.sh abort does; start again then";
  }
  if (mismatch.topic.empty()) return "what the brokers are is yours to change";
  return fmt::format("sanyuanctl topics apply makes what is missing, what differs is yours to change{}",
                     replication == 1 ? "" : " (--single-copy is for a laptop with one broker)");
}

// What differs when nothing but transactions did, or when they have been waited for long enough.
absl::StatusOr<Mismatches> CompareWithPatience(log::KafkaTopics& topics,
                                               absl::Span<const log::TopicSpec> wanted,
                                               const TopicCheckOptions& options) {
  const absl::Time deadline = host::SteadyNow() + options.transaction_patience;
  Mismatches said;
  while (true) {
    auto found = topics.Compare(wanted, options.replication);
    if (!found.ok() || found->empty() || !AreTransactions(*found)) return found;
    if (host::SteadyNow() >= deadline) return found;
    if (*found != said) {
      for (const log::Mismatch& one : *found) spdlog::critical("the start waits: {}", one.ToString());
      said = *std::move(found);
    }
    absl::SleepFor(options.pause);
  }
}

}  // namespace

absl::Status CheckTopics(log::KafkaTopics& topics, absl::Span<const log::TopicSpec> wanted,
                         const TopicCheckOptions& options) {
  const auto mismatches = CompareWithPatience(topics, wanted, options);
  if (!mismatches.ok()) return mismatches.status();
  const auto groups = topics.CompareGroups(options.session_timeout);
  if (!groups.ok()) return groups.status();
  Say(*mismatches);
  Say(*groups);
  if (!mismatches->empty()) {
    const log::Mismatch& first = mismatches->front();
    return absl::FailedPreconditionError(
        fmt::format("{}; {}", first.ToString(), Advice(first, options.replication)));
  }
  if (!groups->empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: change that, or --session-timeout", groups->front().ToString()));
  }
  return absl::OkStatus();
}

}  // namespace sanyuan
