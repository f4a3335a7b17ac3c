#include "common/log/kafka/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "common/log/kafka/broker_version.h"
#include "common/log/kafka/client.h"
#include "common/log/kafka/open_transactions.h"

namespace sanyuan::log {
namespace {

constexpr absl::Duration kLeaderPause = absl::Milliseconds(20);
constexpr char kMissingTopic[] = "topic";
constexpr char kPartitions[] = "partitions";
constexpr int64_t kNoLimit = -1;
constexpr int64_t kDayMs = 24 * 3600 * 1000;

struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using EventPtr = std::unique_ptr<rd_kafka_event_t, EventDeleter>;
struct OptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct NewTopicDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct ResourceDeleter {
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
};

class AdminTopics final : public KafkaTopics, private kafka::ClientEvents {
 public:
  explicit AdminTopics(const KafkaLogOptions& options) : options_(options) {}

  absl::Status Connect() {
    for (const auto& [made, end] : {std::pair(&client_, kafka::EndsAtHighWatermark()),
                                    std::pair(&stable_client_, kafka::EndsAtLastStable())}) {
      auto client =
          kafka::Client::New(RD_KAFKA_CONSUMER, "topics", options_, {kafka::NotPolled(), end}, *this);
      if (!client.ok()) return client.status();
      *made = *std::move(client);
    }
    return absl::OkStatus();
  }

  absl::Status Create(const TopicSpec& spec, int32_t replication) override {
    const std::string name = options_.topic_prefix + spec.name;
    std::array<char, 512> why{};
    const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDeleter> topic(
        rd_kafka_NewTopic_new(name.c_str(), spec.partitions, replication, why.data(), why.size()));
    if (topic == nullptr) return absl::InvalidArgumentError(fmt::format("topic {}: {}", name, why.data()));
    for (const auto& [setting, value] : spec.settings) {
      rd_kafka_NewTopic_set_config(topic.get(), setting.c_str(), value.c_str());
    }
    for (const auto& [setting, value] : spec.at_least) {
      if (spec.at_first.contains(setting)) continue;
      rd_kafka_NewTopic_set_config(topic.get(), setting.c_str(), std::to_string(value).c_str());
    }
    for (const auto& [setting, value] : spec.at_first) {
      rd_kafka_NewTopic_set_config(topic.get(), setting.c_str(), value.c_str());
    }
    rd_kafka_NewTopic_t* topics[] = {topic.get()};
    const EventPtr event = Ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, [&](const auto* options, auto* queue) {
      rd_kafka_CreateTopics(client_->handle(), topics, 1, options, queue);
    });
    if (absl::Status asked = StatusOf(event.get(), "making topic " + name); !asked.ok()) return asked;
    size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count != 1) return absl::InternalError(fmt::format("topic {}: {} results", name, count));
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
    const std::string said = fmt::format("topic {}: {}", name, [&] {
      const char* text = rd_kafka_topic_result_error_string(results[0]);
      return text != nullptr ? text : rd_kafka_err2str(error);
    }());
    switch (error) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        return AwaitLeaders(name);
      case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return absl::AlreadyExistsError(said);
      case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
      case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return absl::InvalidArgumentError(said);
      default:
        return kafka::ToStatus(error, said);
    }
  }

  absl::StatusOr<std::vector<Mismatch>> Compare(absl::Span<const TopicSpec> specs,
                                                int32_t replication) override {
    auto all = CompareVersions();
    if (!all.ok()) return all;
    auto mismatches = CompareTopics(specs, replication);
    if (!mismatches.ok()) return mismatches;
    all->insert(all->end(), mismatches->begin(), mismatches->end());
    auto open = FindTransactions(specs, *mismatches);
    if (!open.ok()) return all->empty() ? open : all;
    all->insert(all->end(), open->begin(), open->end());
    return all;
  }

  absl::StatusOr<std::vector<Mismatch>> CompareGroups(absl::Duration session_timeout) override {
    const auto metadata = client_->Metadata(nullptr, options_.read_timeout);
    if (!metadata.ok()) return metadata.status();
    if ((*metadata)->broker_cnt == 0) return absl::UnavailableError("no broker is known");
    auto values = SettingsOf(RD_KAFKA_RESOURCE_BROKER, std::to_string((*metadata)->brokers[0].id));
    if (absl::IsPermissionDenied(values.status())) return std::vector<Mismatch>{};
    if (!values.ok()) return values.status();
    std::vector<Mismatch> mismatches;
    const int64_t wanted = absl::ToInt64Milliseconds(session_timeout);
    constexpr char kLeast[] = "group.min.session.timeout.ms";
    constexpr char kMost[] = "group.max.session.timeout.ms";
    int64_t value = 0;
    if (absl::SimpleAtoi((*values)[kLeast], &value) && value > wanted) {
      mismatches.push_back({"", kLeast, (*values)[kLeast], fmt::format("at most {}", wanted)});
    }
    if (absl::SimpleAtoi((*values)[kMost], &value) && value < wanted) {
      mismatches.push_back({"", kMost, (*values)[kMost], fmt::format("at least {}", wanted)});
    }
    return mismatches;
  }

  absl::StatusOr<int32_t> Brokers() override {
    const auto metadata = client_->Metadata(nullptr, options_.read_timeout);
    if (!metadata.ok()) return metadata.status();
    return (*metadata)->broker_cnt;
  }

 private:
  void OnError(rd_kafka_resp_err_t, std::string_view) override {}

  // One that does not answer is looked at when it does: without it the others may well serve.
  absl::StatusOr<std::vector<Mismatch>> CompareVersions() {
    const auto metadata = client_->Metadata(nullptr, options_.read_timeout);
    if (!metadata.ok()) return metadata.status();
    std::vector<Mismatch> mismatches;
    for (int i = 0; i < (*metadata)->broker_cnt; ++i) {
      const std::string id = std::to_string((*metadata)->brokers[i].id);
      const auto values = SettingsOf(RD_KAFKA_RESOURCE_BROKER, id);
      if (absl::IsPermissionDenied(values.status()) || absl::IsUnavailable(values.status())) continue;
      if (!values.ok()) return values.status();
      if (auto old = kafka::TooOld(*values)) {
        mismatches.push_back({"", "version of broker " + id, *std::move(old),
                              fmt::format("{} or newer", kafka::kLeastVersion)});
      }
    }
    return mismatches;
  }

  // Not of topics of which `mismatches` says that they are not there or have other partitions.
  absl::StatusOr<std::vector<Mismatch>> FindTransactions(absl::Span<const TopicSpec> specs,
                                                         const std::vector<Mismatch>& mismatches) {
    std::vector<TopicPartition> partitions;
    for (const TopicSpec& spec : specs) {
      const bool other = std::any_of(mismatches.begin(), mismatches.end(), [&](const Mismatch& one) {
        return one.topic == options_.topic_prefix + spec.name &&
               (one.setting == kMissingTopic || one.setting == kPartitions);
      });
      if (!spec.without_transactions || other) continue;
      for (int32_t i = 0; i < spec.partitions; ++i) partitions.push_back({spec.name, i});
    }
    const auto open = kafka::FindOpenTransactions(*client_, *stable_client_, std::move(partitions),
                                                  options_.confirm_end, options_.read_timeout);
    rd_kafka_poll(stable_client_->handle(), 0);  // As below.
    if (!open.ok()) return open.status();
    std::vector<Mismatch> found;
    for (const kafka::OpenTransaction& one : *open) {
      found.push_back({options_.topic_prefix + one.where.topic, kOpenTransaction,
                       fmt::format("open from offset {} in partition {}", one.offset, one.where.partition),
                       "none"});
    }
    return found;
  }

  absl::StatusOr<std::vector<Mismatch>> CompareTopics(absl::Span<const TopicSpec> specs,
                                                      int32_t replication) {
    const absl::Time confirmed = absl::Now() + options_.confirm_missing;
    while (true) {
      auto mismatches = CompareOnce(specs, replication);
      const bool missing = mismatches.ok()
                               ? std::any_of(mismatches->begin(), mismatches->end(),
                                             [](const Mismatch& one) { return one.setting == kMissingTopic; })
                               : absl::IsNotFound(mismatches.status());
      // A topic that was just made is known to some brokers before others.
      if (!missing || absl::Now() >= confirmed) return mismatches;
      absl::SleepFor(kLeaderPause);
    }
  }

  absl::StatusOr<std::vector<Mismatch>> CompareOnce(absl::Span<const TopicSpec> specs, int32_t replication) {
    rd_kafka_poll(client_->handle(), 0);  // Errors of connections would pile up.
    const auto metadata = client_->Metadata(nullptr, options_.read_timeout);
    if (!metadata.ok()) return metadata.status();
    std::vector<Mismatch> mismatches;
    for (const TopicSpec& spec : specs) {
      const std::string name = options_.topic_prefix + spec.name;
      const auto* begin = (*metadata)->topics;
      const auto* end = begin + (*metadata)->topic_cnt;
      const auto* found = std::find_if(begin, end, [&](const auto& topic) { return topic.topic == name; });
      if (found == end || found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        mismatches.push_back({name, kMissingTopic, "missing", fmt::format("{} partitions", spec.partitions)});
        continue;
      }
      if (found->partition_cnt != spec.partitions) {
        mismatches.push_back(
            {name, kPartitions, std::to_string(found->partition_cnt), std::to_string(spec.partitions)});
      }
      int fewest = found->partition_cnt > 0 ? found->partitions[0].replica_cnt : 0;
      for (int i = 0; i < found->partition_cnt; ++i)
        fewest = std::min(fewest, found->partitions[i].replica_cnt);
      if (fewest < replication) {
        mismatches.push_back(
            {name, "replication", std::to_string(fewest), fmt::format("at least {}", replication)});
      }
      if (absl::Status compared = CompareSettings(spec, name, mismatches); !compared.ok()) return compared;
    }
    return mismatches;
  }

  // The broker that is asked learns of a new topic a moment after it was made.
  absl::Status AwaitLeaders(const std::string& name) {
    const absl::Time deadline = absl::Now() + options_.read_timeout;
    while (true) {
      const auto metadata = client_->Metadata(nullptr, options_.read_timeout);
      if (!metadata.ok()) return metadata.status();
      const auto* begin = (*metadata)->topics;
      const auto* end = begin + (*metadata)->topic_cnt;
      const auto* found = std::find_if(begin, end, [&](const auto& topic) { return topic.topic == name; });
      if (found != end && found->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
          std::all_of(found->partitions, found->partitions + found->partition_cnt,
                      [](const auto& partition) { return partition.leader >= 0; })) {
        return absl::OkStatus();
      }
      if (absl::Now() > deadline)
        return absl::UnavailableError(fmt::format("topic {} gets no leaders", name));
      absl::SleepFor(kLeaderPause);
    }
  }

  using Values = std::map<std::string, std::string>;

  absl::StatusOr<Values> SettingsOf(rd_kafka_ResourceType_t type, const std::string& name) {
    const std::unique_ptr<rd_kafka_ConfigResource_t, ResourceDeleter> resource(
        rd_kafka_ConfigResource_new(type, name.c_str()));
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    const EventPtr event = Ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, [&](const auto* options, auto* queue) {
      rd_kafka_DescribeConfigs(client_->handle(), resources, 1, options, queue);
    });
    const std::string doing =
        (type == RD_KAFKA_RESOURCE_TOPIC ? "the settings of topic " : "the settings of broker ") + name;
    if (absl::Status asked = StatusOf(event.get(), doing); !asked.ok()) return asked;
    size_t count = 0;
    const rd_kafka_ConfigResource_t** found =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1) return absl::InternalError(fmt::format("{}: {} results", doing, count));
    if (const auto error = rd_kafka_ConfigResource_error(found[0]); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return kafka::ToStatus(error, doing);
    }
    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(found[0], &count);
    Values values;
    for (size_t i = 0; i < count; ++i) {
      const char* value = rd_kafka_ConfigEntry_value(entries[i]);
      values[rd_kafka_ConfigEntry_name(entries[i])] = value != nullptr ? value : "";
    }
    return values;
  }

  absl::Status CompareSettings(const TopicSpec& spec, const std::string& name,
                               std::vector<Mismatch>& mismatches) {
    auto asked = SettingsOf(RD_KAFKA_RESOURCE_TOPIC, name);
    if (!asked.ok()) return asked.status();
    Values& values = *asked;
    for (const auto& [setting, wanted] : spec.settings) {
      const std::string& value = values[setting];
      if (value != wanted) mismatches.push_back({name, setting, value, wanted});
    }
    for (const auto& [setting, least] : spec.at_least) {
      int64_t value = 0;
      const bool number = absl::SimpleAtoi(values[setting], &value);
      if (number && value == kNoLimit) continue;
      if (!number || value < least) {
        mismatches.push_back({name, setting, values[setting], fmt::format("at least {}", least)});
      }
    }
    return absl::OkStatus();
  }

  template <typename Question>
  EventPtr Ask(rd_kafka_admin_op_t operation, Question question) {
    const kafka::QueuePtr queue(rd_kafka_queue_new(client_->handle()));
    const std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDeleter> options(
        rd_kafka_AdminOptions_new(client_->handle(), operation));
    const int timeout = kafka::ToTimeout(options_.read_timeout);
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, nullptr, 0);
    question(options.get(), queue.get());
    return EventPtr(rd_kafka_queue_poll(queue.get(), timeout));
  }

  static absl::Status StatusOf(rd_kafka_event_t* event, const std::string& doing) {
    if (event == nullptr) return absl::UnavailableError(doing + ": no answer in time");
    return kafka::ToStatus(rd_kafka_event_error(event), doing);
  }

  const KafkaLogOptions options_;
  std::unique_ptr<kafka::Client> client_;         // For which a partition ends at its high watermark.
  std::unique_ptr<kafka::Client> stable_client_;  // ... at its last stable offset.
};

}  // namespace

TopicSpec JournalTopic(const std::string& name, int32_t partitions, int32_t replication) {
  return {name,
          partitions,
          {{"cleanup.policy", "delete"},
           {"retention.ms", "-1"},
           {"retention.bytes", "-1"},
           {"unclean.leader.election.enable", "false"},
           {"message.timestamp.type", "LogAppendTime"}},
          {{"min.insync.replicas", replication > 1 ? replication - 1 : 1}, {"max.message.bytes", 1'114'112}},
          {},
          /*without_transactions=*/true};
}

TopicSpec EventsTopic(const std::string& name, int32_t partitions, int32_t replication) {
  TopicSpec spec = JournalTopic(name, partitions, replication);
  spec.settings.erase("retention.ms");
  spec.settings.erase("retention.bytes");
  spec.at_least["retention.ms"] = kDayMs;
  spec.at_first["retention.ms"] = std::to_string(7 * kDayMs);
  spec.without_transactions = false;
  return spec;
}

TopicSpec TableTopic(const std::string& name, int32_t partitions, int32_t replication) {
  return {
      name,
      partitions,
      {{"cleanup.policy", "compact"},
       {"unclean.leader.election.enable", "false"},
       {"message.timestamp.type", "LogAppendTime"},
       // Only what lies in a finished segment is compacted, and a segment is finished by a row that comes later
       // than segment.ms after its first. Managed services refuse less than ten minutes.
       {"segment.ms", "600000"},
       {"segment.bytes", "16777216"},
       {"min.compaction.lag.ms", "0"},
       {"max.compaction.lag.ms", "3600000"},
       {"min.cleanable.dirty.ratio", "0.1"},
       {"delete.retention.ms", "3600000"}},
      {{"min.insync.replicas", replication > 1 ? replication - 1 : 1}}};
}

std::string Mismatch::ToString() const {
  return fmt::format("{}: {} is {}, wanted {}", topic.empty() ? "the brokers" : "topic " + topic, setting,
                     value.empty() ? "not set" : value, wanted);
}

absl::StatusOr<std::unique_ptr<KafkaTopics>> KafkaTopics::Open(const KafkaLogOptions& options) {
  auto topics = std::make_unique<AdminTopics>(options);
  if (absl::Status connected = topics->Connect(); !connected.ok()) return connected;
  return topics;
}

}  // namespace sanyuan::log
