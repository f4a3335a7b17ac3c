#include "common/log/kafka/client.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <future>
#include <thread>

#include "common/log/kafka/statistics.h"
#include "common/partition/safeguards.h"

namespace sanyuan::log::kafka {
namespace {

using partition::Safeguards;

constexpr absl::Duration kEndPatience = absl::Seconds(5);

// Every client has these.
const Settings& CommonSettings() {
  static const auto& settings = *new Settings{
      {"socket.nagle.disable", "true"},
      {"socket.connection.setup.timeout.ms", "3000"},
      {"socket.timeout.ms", "10000"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      // A new leader is looked for at once and often: nothing is acknowledged until it is found.
      {"topic.metadata.refresh.fast.interval.ms", "100"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      {"log.connection.close", "false"},
      // A deleted topic must not come back with a broker's defaults.
      {"allow.auto.create.topics", "false"},
      {"api.version.request.timeout.ms", "3000"},
  };
  return settings;
}

// The journal's order and durability, what a reader may believe, and that nothing piles up, rest on these; `own` settings
// of a client may name them, an operator's may not.
bool IsReserved(std::string_view property) {
  static constexpr std::array kReserved = {
      "acks",
      "allow.auto.create.topics",
      "auto.offset.reset",
      "check.crcs",
      "delivery.timeout.ms",
      "enable.auto.commit",
      "enable.auto.offset.store",
      "enable.gapless.guarantee",
      "enable.idempotence",
      "enable.partition.eof",
      "group.id",
      "group.instance.id",
      "group.protocol",
      "isolation.level",
      "max.in.flight",
      "max.in.flight.requests.per.connection",
      "message.max.bytes",
      "message.send.max.retries",
      "message.timeout.ms",
      "partition.assignment.strategy",
      "request.required.acks",
      "retries",
      "statistics.interval.ms",
      "transactional.id",
  };
  return std::find(kReserved.begin(), kReserved.end(), property) != kReserved.end();
}

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  // Not the value: it may be a secret.
  return absl::InvalidArgumentError(fmt::format("Kafka setting {}: {}", name, why.data()));
}

ClientEvents& EventsOf(void* opaque) { return *static_cast<ClientEvents*>(opaque); }

void OnLog(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  // Settings that are meant as they are, such as "experimental" ones, are no news to an operator.
  const auto severity = std::string_view(facility) == "CONFWARN" ? spdlog::level::debug
                        : level <= 3                             ? spdlog::level::err
                        : level <= 5                             ? spdlog::level::warn
                        : level == 6                             ? spdlog::level::info
                                                                 : spdlog::level::debug;
  spdlog::log(severity, "{}: {}: {}", handle != nullptr ? rd_kafka_name(handle) : "kafka", facility, text);
}

}  // namespace

const Settings& OrderedWrites() {
  static const auto& settings = *new Settings{
      {"acks", Safeguards::acks_of_all_in_sync ? "all" : "1"},
      // Both need `acks=all`.
      {"enable.idempotence", Safeguards::acks_of_all_in_sync ? "true" : "false"},
      {"enable.gapless.guarantee", Safeguards::acks_of_all_in_sync ? "true" : "false"},
      // A broker that has forgotten a producer takes any sequence number as its first, so order can't rest on them.
      {"max.in.flight.requests.per.connection", Safeguards::one_request_in_flight ? "1" : "5"},
      // A record is never given up for its age: whether it landed could not be told.
      {"message.timeout.ms", "0"},
      {"message.max.bytes", "1114112"},  // A record of 1 MiB and its envelope.
      {"linger.ms", "0"},
      {"retry.backoff.ms", "50"},
      // The bound is that of whoever writes.
      {"queue.buffering.max.messages", "10000000"},
      {"queue.buffering.max.kbytes", "2097151"},
  };
  return settings;
}

HeadersPtr ToHeaders(const RecordHeaders& headers) {
  if (headers.empty()) return nullptr;
  HeadersPtr made(rd_kafka_headers_new(headers.size()));
  for (const auto& [name, value] : headers) {
    rd_kafka_header_add(made.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return made;
}

RecordHeaders HeadersOf(const rd_kafka_message_t& message) {
  RecordHeaders headers;
  rd_kafka_headers_t* found = nullptr;
  if (rd_kafka_message_headers(&message, &found) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(found, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    headers.emplace_back(name, value == nullptr ? "" : std::string(static_cast<const char*>(value), size));
  }
  return headers;
}

absl::Status ToStatus(rd_kafka_resp_err_t error, std::string_view doing) {
  const std::string text =
      fmt::format("{}: {} ({})", doing, rd_kafka_err2str(error), rd_kafka_err2name(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return absl::NotFoundError(text);
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return absl::PermissionDeniedError(text);
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
      return absl::InternalError(text);
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:  // Records of a format that the client does not know.
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return absl::DataLossError(text);
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return absl::OutOfRangeError(text);
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
      return absl::UnavailableError(text);
    default:
      break;
  }
  // What brokers answer while they elect, start or catch up; librdkafka tries these again itself, so what is left over
  // was only cut short by a time-out.
  return error > 0 && error < RD_KAFKA_RESP_ERR_END_ALL ? absl::UnavailableError(text)
                                                        : absl::InternalError(text);
}

int ToTimeout(absl::Duration duration) {
  return static_cast<int>(std::max<int64_t>(1, absl::ToInt64Milliseconds(duration)));
}

absl::StatusOr<std::unique_ptr<Client>> Client::New(rd_kafka_type_t type, std::string_view purpose,
                                                    const KafkaLogOptions& options, const Settings& settings,
                                                    ClientEvents& events) {
  std::unique_ptr<rd_kafka_conf_t, ConfDeleter> conf(rd_kafka_conf_new());
  Settings all = {{"bootstrap.servers", options.bootstrap},
                  {"client.id", fmt::format("{}-{}", options.client_id, purpose)},
                  {"statistics.interval.ms", std::to_string(ToTimeout(options.statistics_interval))}};
  all.insert(all.end(), CommonSettings().begin(), CommonSettings().end());
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto& [name, value] : options.properties) {
    if (IsReserved(name)) {
      return absl::InvalidArgumentError(
          fmt::format("Kafka setting {}: the journal rests on its value; it can't be changed", name));
    }
    all.emplace_back(name, value);
  }
  for (const auto& [name, value] : all) {
    if (absl::Status set = Set(conf.get(), name, value); !set.ok()) return set;
  }
  rd_kafka_conf_set_opaque(conf.get(), &events);
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t*, int error, const char* why, void* opaque) {
    EventsOf(opaque).OnError(static_cast<rd_kafka_resp_err_t>(error), why);
  });
  rd_kafka_conf_set_stats_cb(conf.get(), [](rd_kafka_t*, char* json, size_t size, void*) {
    KeepStatistics({json, size});
    return 0;  // librdkafka frees it.
  });
  if (std::any_of(settings.begin(), settings.end(),
                  [](const auto& set) { return set.first == "group.id"; })) {
    rd_kafka_conf_set_rebalance_cb(
        conf.get(), [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                       void* opaque) { EventsOf(opaque).OnRebalance(what, partitions); });
  }
  if (type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
      EventsOf(opaque).OnDelivered(*message);
    });
  }
  std::array<char, 512> why{};
  rd_kafka_t* handle = rd_kafka_new(type, conf.get(), why.data(), why.size());
  if (handle == nullptr) return absl::InvalidArgumentError(fmt::format("Kafka client: {}", why.data()));
  static_cast<void>(conf.release());  // The client has it now.
  return std::unique_ptr<Client>(new Client(handle, options));
}

Client::~Client() {
  topics_.clear();
  const std::string name = rd_kafka_name(handle_);
  auto ended = std::make_shared<std::promise<void>>();
  std::thread([handle = handle_, ended] {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    ended->set_value();
  }).detach();
  if (ended->get_future().wait_for(absl::ToChronoMilliseconds(kEndPatience)) != std::future_status::ready) {
    spdlog::error("a Kafka client does not end; it is left to itself");
  }
  ForgetStatistics(name);
}

absl::StatusOr<MetadataPtr> Client::Metadata(rd_kafka_topic_t* topic, absl::Duration timeout) const {
  const struct rd_kafka_metadata* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(handle_, topic == nullptr, topic, &metadata, ToTimeout(timeout));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(error,
                    topic == nullptr ? "the topics" : fmt::format("topic {}", rd_kafka_topic_name(topic)));
  }
  return MetadataPtr(metadata);
}

Client::Known& Client::KnownTopic(const std::string& name) {
  Known& known = topics_[name];
  if (known.topic == nullptr) known.topic.reset(rd_kafka_topic_new(handle_, name.c_str(), nullptr));
  return known;
}

void Client::FindLeaders(const TopicPartition& where, absl::Duration timeout) {
  rd_kafka_topic_t* topic = nullptr;
  {
    const std::lock_guard lock(mutex_);
    topic = KnownTopic(TopicName(where)).topic.get();
  }
  if (topic != nullptr) (void)Metadata(topic, timeout);
}

absl::StatusOr<int64_t> Client::OffsetOf(const TopicPartition& where, int64_t which, absl::Duration timeout) {
  const auto offsets = OffsetsOf({where}, which, timeout);
  if (!offsets.ok()) return offsets.status();
  return offsets->front();
}

absl::StatusOr<std::vector<int64_t>> Client::OffsetsOf(const std::vector<TopicPartition>& partitions,
                                                       int64_t which, absl::Duration timeout) {
  const PartitionsPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& where : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), TopicName(where).c_str(), where.partition)->offset = which;
  }
  const rd_kafka_resp_err_t failed = rd_kafka_offsets_for_times(handle_, list.get(), ToTimeout(timeout));
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const rd_kafka_topic_partition_t& answer = list->elems[i];
    const rd_kafka_resp_err_t error = failed != RD_KAFKA_RESP_ERR_NO_ERROR ? failed : answer.err;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      FindLeaders(partitions[i], timeout);
      const absl::Status status = ToStatus(error, "the end of " + partitions[i].ToString());
      // The answer lacked the partition.
      return absl::IsDataLoss(status) ? absl::UnavailableError(status.message()) : status;
    }
    offsets.push_back(answer.offset);
  }
  return offsets;
}

absl::StatusOr<rd_kafka_topic_t*> Client::Topic(const TopicPartition& where, absl::Duration timeout) {
  {
    const std::lock_guard lock(mutex_);
    const Known& known = KnownTopic(TopicName(where));
    if (where.partition >= 0 && where.partition < known.partitions) return known.topic.get();
  }
  const absl::Time deadline = absl::Now() + timeout;
  return Insist(deadline, confirm_missing_, [&] { return AskForTopic(where, deadline - absl::Now()); });
}

absl::StatusOr<int32_t> Client::PartitionCount(const std::string& topic, absl::Duration timeout) {
  const auto known = Topic({topic, 0}, timeout);
  if (!known.ok()) return known.status();
  const std::lock_guard lock(mutex_);
  return topics_[prefix_ + topic].partitions;
}

absl::StatusOr<rd_kafka_topic_t*> Client::AskForTopic(const TopicPartition& where, absl::Duration timeout) {
  const std::string name = TopicName(where);
  rd_kafka_topic_t* topic = nullptr;
  {
    const std::lock_guard lock(mutex_);
    topic = KnownTopic(name).topic.get();
    if (topic == nullptr) return ToStatus(rd_kafka_last_error(), "topic " + name);
  }
  const auto metadata = Metadata(topic, timeout);
  if (!metadata.ok()) return metadata.status();
  if ((*metadata)->topic_cnt != 1) return absl::NotFoundError(fmt::format("topic {}", name));
  const rd_kafka_metadata_topic& found = (*metadata)->topics[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(found.err, "topic " + name);
  if (where.partition < 0 || where.partition >= found.partition_cnt) {
    return absl::NotFoundError(fmt::format("topic {} has {} partitions, not one of number {}", name,
                                           found.partition_cnt, where.partition));
  }
  const std::lock_guard lock(mutex_);
  topics_[name].partitions = found.partition_cnt;
  return topic;
}

}  // namespace sanyuan::log::kafka
