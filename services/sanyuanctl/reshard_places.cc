#include "services/sanyuanctl/reshard_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/clock.h"
#include "common/host/replay.h"
#include "common/log/embedded/directory_lock.h"
#include "common/log/embedded/durable_file.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/identity_file.h"
#include "common/log/embedded/journal_file.h"
#include "common/log/kafka/kafka_log.h"
#include "common/log/kafka/kafka_table.h"
#include "common/ownership/rows.h"
#include "common/sealed/file_key_store.h"
#include "common/sealed/key_topic_tools.h"
#include "services/sanyuan/catalogue.h"
#include "services/sanyuan/contexts.h"

namespace sanyuan::ctl {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kKeysPatience = absl::Seconds(20);
constexpr auto kRowsPatience = std::chrono::seconds(30);
// An instance writes its presence every second; one that has been silent for so long is not there.
constexpr auto kSilence = std::chrono::seconds(5);

// The number of partitions, after all journals were found to be those that the directory knows, where one is named.
absl::StatusOr<int32_t> PartitionsOf(const std::string& data, const std::vector<host::ContextSpec>& specs,
                                     log::LogReader& log) {
  if (data.empty()) {
    return host::PartitionCountOf(specs,
                                  [&log](const log::TopicPartition& journal, int64_t offset, size_t limit) {
                                    return log.ReadFrom(journal, offset, limit);
                                  });
  }
  const auto identity = log::IdentityFile(data).Read();
  if (absl::IsNotFound(identity.status())) {
    return absl::NotFoundError(fmt::format("--data: {} has no identity file", data));
  }
  if (!identity.ok()) return identity.status();
  const auto ids = host::ReadJournalIds(specs, identity->partition_count, log);
  if (!ids.ok()) return ids.status();
  if (absl::Status same = log::CheckJournals(*identity, *ids, data); !same.ok()) return same;
  return identity->partition_count;
}

class EmbeddedPlace final : public ReshardPlace {
 public:
  explicit EmbeddedPlace(const ReshardPlaces& places) : places_(places) {}

  absl::StatusOr<reshard::Installation> OpenFrom() override {
    auto lock = log::DirectoryLock::Acquire(places_.data);
    if (!lock.ok()) return lock.status();
    lock_ = *std::move(lock);
    auto file = log::JournalFile::OpenReadOnly(places_.data);
    if (!file.ok()) return file.status();
    from_ = *std::move(file);
    std::vector<host::ContextSpec> specs = Contexts(ServeOptions{});
    const auto partitions = PartitionsOf(places_.data, specs, *from_);
    if (!partitions.ok()) return partitions.status();
    return reshard::Installation{std::move(specs), *partitions, from_.get(), partition::Strictness::kStrict};
  }

  absl::StatusOr<log::Log*> MakeTo(int32_t /*partitions*/) override {
    std::error_code error;
    if (fs::exists(places_.to, error) &&
        !(fs::is_directory(places_.to, error) && fs::is_empty(places_.to, error))) {
      return absl::FailedPreconditionError(fmt::format(
          "--to: {} is not an empty directory; if an earlier try left it, delete it, or name another",
          places_.to));
    }
    fs::create_directories(places_.to, error);
    if (error) return absl::UnavailableError(fmt::format("--to: {}: {}", places_.to, error.message()));
    log::EmbeddedLogOptions options;
    options.directory = places_.to;
    auto log = log::EmbeddedLog::Open(options);
    if (!log.ok()) return log.status();
    to_ = *std::move(log);
    return to_.get();
  }

  absl::Status HandOver() override {
    const fs::path from(places_.data), to(places_.to);
    std::error_code error;
    if (fs::exists(sealed::FileKeyStore::PathIn(places_.data), error)) {
      const absl::Status copied =
          sealed::FileKeyStore::Copy(places_.data, sealed::FileKeyStore::PathIn(places_.to));
      if (!copied.ok()) return copied;
    }
    // Of development mode.
    for (const char* name : {"dev-master-key", "clock"}) {
      if (!fs::exists(from / name, error)) continue;
      fs::copy_file(from / name, to / name, error);
      if (error) return absl::UnavailableError(fmt::format("{}: {}", (to / name).string(), error.message()));
    }
    return absl::OkStatus();
  }

  absl::Status Finish(const reshard::Report& report, int32_t partitions) override {
    log::Identity identity;
    identity.created_at = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
    identity.partition_count = partitions;
    for (const auto& [journal, id] : report.journals) identity.journal_ids[journal] = id;
    return log::IdentityFile(places_.to).Write(identity);
  }

 private:
  const ReshardPlaces places_;
  std::unique_ptr<log::DirectoryLock> lock_;
  std::unique_ptr<log::JournalFile> from_;
  std::unique_ptr<log::EmbeddedLog> to_;
};

// Hears instances that are there.
class Presences final : private log::KafkaTable::Listener {
 public:
  // FailedPrecondition names one that says that it is there. Waits only when somebody has not said that it left.
  absl::Status CheckNone(const log::KafkaLogOptions& options) {
    std::vector<std::string> topics;
    for (const auto& [context, partitions] : PartitionCounts(1)) {
      topics.push_back(ownership::OwnersTopic(context));
    }
    const auto table = log::KafkaTable::Open(options, topics, this);
    if (!table.ok()) return table.status();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kRowsPatience, [this] { return caught_up_; })) {
      return absl::UnavailableError("the owners topics can't be read to their ends");
    }
    if (here_.empty() || !changed_.wait_for(lock, kSilence, [this] { return !heard_.empty(); })) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        fmt::format("the instance at {} is running: stop all servers, and try again", heard_));
  }

 private:
  void OnRow(const log::KafkaTable::Row& row) override {
    const auto decoded = ownership::Decode(row.value);
    const auto* presence = decoded ? std::get_if<ownership::Presence>(&*decoded) : nullptr;
    if (presence == nullptr) return;
    const std::lock_guard lock(mutex_);
    if (presence->left) {
      here_.erase(presence->instance);
    } else {
      here_[presence->instance] = presence->address;
      if (!row.earlier) heard_ = presence->address;
    }
    changed_.notify_all();
  }
  void OnCaughtUp() override {
    const std::lock_guard lock(mutex_);
    caught_up_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool caught_up_ = false;
  std::map<std::string, std::string> here_;  // Address by instance.
  std::string heard_;
};

class KafkaReshardPlace final : public ReshardPlace {
 public:
  KafkaReshardPlace(const ReshardPlaces& places, log::KafkaLogOptions options)
      : places_(places), options_(std::move(options)), to_options_(options_) {
    to_options_.topic_prefix = places.to_prefix;
  }

  absl::StatusOr<reshard::Installation> OpenFrom() override {
    if (absl::Status none = Presences().CheckNone(options_); !none.ok()) return none;
    auto log = log::KafkaLog::Open(options_);
    if (!log.ok()) return log.status();
    from_ = *std::move(log);
    std::vector<host::ContextSpec> specs = Contexts(ServeOptions{});
    const auto partitions = PartitionsOf(places_.data, specs, *from_);
    if (!partitions.ok()) return partitions.status();
    auto keys = sealed::ReadKeyTopic(KeyTable(options_), kKeysPatience);
    if (!keys.ok() && !absl::IsNotFound(keys.status())) return keys.status();
    if (keys.ok()) keys_ = *std::move(keys);
    return reshard::Installation{std::move(specs), *partitions, from_.get(), host::StrictnessOf(*from_)};
  }

  absl::StatusOr<log::Log*> MakeTo(int32_t partitions) override {
    const int32_t replication = places_.single_copy ? 1 : kReplication;
    std::vector<log::TopicSpec> wanted = AllTopics(partitions, replication);
    if (places_.publish_events) {
      for (log::TopicSpec& events : EventTopics(partitions, replication)) wanted.push_back(std::move(events));
    }
    const auto topics = log::KafkaTopics::Open(to_options_);
    if (!topics.ok()) return topics.status();
    if (const auto made = MakeMissing(**topics, wanted, replication); !made.ok()) return made.status();
    const auto mismatches = (*topics)->Compare(wanted, replication);
    if (!mismatches.ok()) return mismatches.status();
    if (!mismatches->empty()) {
      return absl::FailedPreconditionError(
          fmt::format("{}; delete the topics of --to-prefix {}, or name another",
                      mismatches->front().ToString(), places_.to_prefix));
    }
    auto log = log::KafkaLog::Open(to_options_);
    if (!log.ok()) return log.status();
    to_ = *std::move(log);
    if (!places_.publish_events) {
      for (log::TopicSpec& events : EventTopics(partitions, replication)) wanted.push_back(std::move(events));
    }
    if (absl::Status empty = CheckEmpty(wanted); !empty.ok()) return empty;
    return to_.get();
  }

  absl::Status HandOver() override {
    if (!keys_) return absl::OkStatus();
    return sealed::WriteKeyTopic(KeyTable(to_options_), *keys_, kKeysPatience).status();
  }

  absl::Status Finish(const reshard::Report& /*report*/, int32_t /*partitions*/) override {
    return absl::OkStatus();
  }

 private:
  // Keys, owners and public events of other journals, from an earlier use of the prefix, are in the way too. What is not there
  // is empty.
  absl::Status CheckEmpty(const std::vector<log::TopicSpec>& topics) {
    const auto held = to_->Partitions();
    if (!held.ok()) return held.status();
    std::string taken;
    for (const log::TopicSpec& spec : topics) {
      const bool holds =
          std::any_of(held->begin(), held->end(),
                      [&spec](const log::TopicPartition& partition) { return partition.topic == spec.name; });
      if (holds) taken += (taken.empty() ? "" : ", ") + spec.name;
    }
    if (taken.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(fmt::format(
        "not empty: {}; delete the topics of --to-prefix {}, or name another", taken, places_.to_prefix));
  }

  const ReshardPlaces places_;
  const log::KafkaLogOptions options_;
  log::KafkaLogOptions to_options_;
  std::unique_ptr<log::KafkaLog> from_, to_;
  std::optional<sealed::StoredKeys> keys_;  // Nothing: nobody was sealed yet.
};

}  // namespace

absl::StatusOr<std::unique_ptr<ReshardPlace>> OpenReshardPlace(const ReshardPlaces& places) {
  if (places.kafka.brokers.empty()) {
    if (places.data.empty())
      return absl::InvalidArgumentError("--data or --kafka: where the journals are is wanted");
    if (places.to.empty())
      return absl::InvalidArgumentError("--to: a directory for the new journals is wanted");
    return std::make_unique<EmbeddedPlace>(places);
  }
  if (!places.to.empty()) return absl::InvalidArgumentError("--to: on Kafka it is --to-prefix");
  if (places.to_prefix == places.kafka.topic_prefix) {
    return absl::InvalidArgumentError("--to-prefix: another prefix than that of the older topics is wanted");
  }
  auto options = KafkaOptions(places.kafka);
  if (!options.ok()) return options.status();
  return std::make_unique<KafkaReshardPlace>(places, *std::move(options));
}

}  // namespace sanyuan::ctl
