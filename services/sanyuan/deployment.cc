#include "services/sanyuan/deployment.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "common/host/genesis.h"
#include "common/log/embedded/directory_lock.h"
#include "common/log/embedded/durable_file.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/identity_file.h"
#include "common/log/kafka/kafka_event_topics.h"
#include "common/log/kafka/kafka_log.h"
#include "common/ownership/kafka/kafka_ownership.h"
#include "common/rpc/remote_feed.h"
#include "common/sealed/file_key_store.h"
#include "common/sealed/master_key.h"
#include "common/sealed/topic_key_store.h"
#include "common/view/embedded/embedded_view_store.h"
#include "common/view/redis/redis_view_store.h"
#include "services/registry/domain/registry_domain.h"
#include "services/sanyuan/catalogue.h"
#include "services/sanyuan/journal_topics.h"
#include "services/sanyuan/operations.h"
#include "services/sanyuan/topic_check.h"

namespace sanyuan {
namespace {

// After a longer gap somebody has to say that the clock is right: a closed window can't be taken back.
constexpr absl::Duration kLongGap = absl::Hours(7 * 24);
// How long an instance that ends waits for others to lead.
constexpr absl::Duration kHandOver = absl::Seconds(10);
// Between two looks at the topics, each of which may take an ending server so long as the brokers do not answer.
constexpr absl::Duration kTopicsPause = absl::Minutes(1);
constexpr absl::Duration kTopicsPatience = absl::Seconds(2);

// Whether there is anything in the journals behind their beginnings, in those of other processes too: all share the keys.
absl::StatusOr<bool> JournalsHaveBegun(const ServeOptions& options, log::Log& log) {
  for (const auto& [context, partitions] : PartitionCounts(options.partitions)) {
    for (int32_t partition = 0; partition < partitions; ++partition) {
      const auto end = log.EndOffset({context + ".journal", partition});
      if (!end.ok()) return end.status();
      if (*end > 1) return true;
    }
  }
  return false;
}

// ... or the directory belongs to some.
absl::StatusOr<bool> HasBegun(const ServeOptions& options, log::Log& log) {
  if (!absl::IsNotFound(log::IdentityFile(options.data).Read().status())) return true;
  return JournalsHaveBegun(options, log);
}

// The journals must be those that the directory's identity file knows; without one they become its. On the embedded
// engine an empty directory gets new journals, and those with nothing behind their beginnings are what a start leaves
// that was ended before the identity was written. Elsewhere `sanyuanctl topics apply` makes them.
absl::Status CheckIdentity(const ServeOptions& options, const std::vector<host::ContextSpec>& specs,
                           log::Log& log) {
  const log::IdentityFile file(options.data);
  const auto known = file.Read();
  if (!known.ok() && known.status().code() != absl::StatusCode::kNotFound) return known.status();
  if (known.ok()) {
    if (known->partition_count != options.partitions) {
      return absl::FailedPreconditionError(
          fmt::format("{} was made with --partitions {}, not {}; sanyuanctl journal reshard makes another",
                      options.data, known->partition_count, options.partitions));
    }
    const auto found = host::ReadJournalIds(specs, options.partitions, log);
    if (!found.ok()) return found.status();
    return log::CheckJournals(*known, *found, options.data);
  }
  if (options.kafka.brokers.empty()) {
    const auto begun = HasBegun(options, log);
    if (!begun.ok()) return begun.status();
    if (*begun)
      return absl::FailedPreconditionError(fmt::format("{} has lost its identity file", options.data));
  }
  const auto ids = options.kafka.brokers.empty() ? host::CreateJournals(specs, options.partitions, log)
                                                 : host::ReadJournalIds(specs, options.partitions, log);
  if (!ids.ok()) return ids.status();
  log::Identity identity;
  identity.created_at = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
  identity.partition_count = options.partitions;
  for (const auto& [journal, id] : *ids) identity.journal_ids[journal] = id;
  return file.Write(identity);
}

// Everything about brokers and topics must be as the journals need it: what is not is said, and nothing starts. Later it is
// said by the watch.
absl::StatusOr<std::unique_ptr<log::TopicWatch>> OpenTopics(const ServeOptions& options,
                                                            log::KafkaLogOptions kafka) {
  const auto topics = log::KafkaTopics::Open(kafka);
  if (!topics.ok()) return topics.status();
  spdlog::info("asking the brokers at {} for the topics", options.kafka.brokers);
  const int32_t replication = options.single_copy ? 1 : kReplication;
  std::vector<log::TopicSpec> wanted = AllTopics(options.partitions, replication);
  if (options.publish_events) {
    for (log::TopicSpec& events : EventTopics(options.partitions, replication)) {
      wanted.push_back(std::move(events));
    }
  }
  TopicCheckOptions check;
  check.replication = replication;
  check.session_timeout = absl::Seconds(options.session_timeout_seconds);
  if (absl::Status checked = CheckTopics(**topics, wanted, check); !checked.ok()) return checked;
  kafka.read_timeout = std::min(kafka.read_timeout, kTopicsPatience);
  auto watched = log::KafkaTopics::Open(kafka);
  if (!watched.ok()) return watched.status();
  return std::make_unique<log::TopicWatch>(*std::move(watched), std::move(wanted), replication, kTopicsPause);
}

// The simulated clock's place, kept in a file of the directory: being told the time is no decision, so no journal
// holds it. Microseconds since the epoch, as text.
absl::StatusOr<absl::Time> KeptClock(const std::string& path) {
  const auto text = log::ReadWholeFile(path);
  if (absl::IsNotFound(text.status())) return absl::InfinitePast();
  if (!text.ok()) return text.status();
  int64_t us = 0;
  if (!absl::SimpleAtoi(*text, &us)) return absl::DataLossError(fmt::format("{} holds no time", path));
  return absl::FromUnixMicros(us);
}

absl::StatusOr<std::string> MasterKey(const ServeOptions& options) {
  if (!options.master_key_file.empty()) return sealed::ReadMasterKey(options.master_key_file);
  const std::string path = std::filesystem::path(options.data) / "dev-master-key";
  auto master_key = sealed::ReadOrMakeMasterKey(path);
  if (master_key.ok()) spdlog::warn("keys of people are wrapped by {}, for development only", path);
  return master_key;
}

absl::StatusOr<std::unique_ptr<sealed::KeyStore>> OpenKeysInFile(const ServeOptions& options,
                                                                 const std::string& master_key,
                                                                 log::Log& log) {
  const std::string keys = sealed::FileKeyStore::PathIn(options.data);
  if (!options.new_keys && !std::filesystem::exists(keys)) {
    const auto begun = HasBegun(options, log);
    if (!begun.ok()) return begun.status();
    if (*begun) {
      return absl::FailedPreconditionError(fmt::format(
          "{} is missing: put it back, or start once with --new-keys and leave unreadable what was sealed",
          keys));
    }
  }
  return sealed::FileKeyStore::Open(options.data, master_key);
}

absl::StatusOr<std::unique_ptr<sealed::KeyStore>> OpenKeysInTopic(const ServeOptions& options,
                                                                  const std::string& master_key,
                                                                  log::Log& log) {
  const auto kafka = KafkaOptions(options.kafka);
  if (!kafka.ok()) return kafka.status();
  // Asked before the keys are read: whoever has begun the journals had keys by then.
  const auto begun = JournalsHaveBegun(options, log);
  if (!begun.ok()) return begun.status();
  sealed::TopicKeyOptions topic;
  topic.may_begin = options.new_keys || !*begun;
  auto keys = sealed::TopicKeyStore::Open(KeyTable(*kafka), master_key, topic);
  if (!absl::IsNotFound(keys.status())) return keys;
  const std::string file = sealed::FileKeyStore::PathIn(options.data);
  return absl::FailedPreconditionError(
      fmt::format("{}: sanyuanctl keys restore puts {} back; or start once with --new-keys and leave "
                  "unreadable what was sealed",
                  std::string(keys.status().message()), std::filesystem::exists(file) ? file : "a copy"));
}

// The keys of people. Journals whose keys are gone are not served by accident: every text in them would be empty,
// and new ones would hide that.
absl::StatusOr<std::unique_ptr<sealed::KeyStore>> OpenKeys(const ServeOptions& options, log::Log& log) {
  const auto master_key = MasterKey(options);
  if (!master_key.ok()) return master_key.status();
  return options.kafka.brokers.empty() ? OpenKeysInFile(options, *master_key, log)
                                       : OpenKeysInTopic(options, *master_key, log);
}

absl::StatusOr<std::unique_ptr<events::Publishers>> OpenEvents(const ServeOptions& options,
                                                               const log::Log& log) {
  const auto kafka = KafkaOptions(options.kafka);
  if (!kafka.ok()) return kafka.status();
  auto topics = log::KafkaEventTopics::Open(*kafka);
  if (!topics.ok()) return topics.status();
  return std::make_unique<events::Publishers>(*std::move(topics), options.partitions,
                                              host::StrictnessOf(log));
}

absl::Status CheckGap(host::HostGroup& hosts) {
  absl::Time latest = absl::InfinitePast();
  for (const auto& [host, status] : hosts.Statuses()) latest = std::max(latest, status.last_decided);
  if (latest == absl::InfinitePast() || absl::Now() - latest <= kLongGap) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("the last decision is of {}; if the clock is right, start with --clock-confirmed",
                  absl::FormatTime(latest, absl::UTCTimeZone())));
}

}  // namespace

Deployment::Deployment(const std::string& directory, std::vector<rpc::Module> modules)
    : snapshots_(std::filesystem::path(directory) / "snapshots"),
      works_(std::filesystem::path(directory) / "work", SANYUAN_VERSION),
      modules_(std::move(modules)) {
  for (const rpc::Module& module : modules_) {
    specs_.insert(specs_.end(), module.contexts.begin(), module.contexts.end());
  }
}

Deployment::~Deployment() { Stop(); }

absl::StatusOr<std::unique_ptr<Deployment>> Deployment::Open(const ServeOptions& options,
                                                             std::vector<rpc::Module> modules) {
  std::error_code error;
  std::filesystem::create_directories(options.data, error);
  if (error) return absl::UnavailableError(fmt::format("{}: {}", options.data, error.message()));
  std::unique_ptr<Deployment> deployment(new Deployment(options.data, std::move(modules)));
  if (absl::Status opened = deployment->OpenStores(options); !opened.ok()) return opened;
  if (absl::Status started = deployment->StartHosts(options); !started.ok()) return started;
  return deployment;
}

absl::Status Deployment::OpenLog(const ServeOptions& options) {
  if (options.kafka.brokers.empty()) {
    log::EmbeddedLogOptions embedded;
    embedded.directory = options.data;
    auto log = log::EmbeddedLog::Open(embedded);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    return absl::OkStatus();
  }
  // The embedded log takes it itself.
  auto lock = log::DirectoryLock::Acquire(options.data);
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  const auto kafka = KafkaOptions(options.kafka);
  if (!kafka.ok()) return kafka.status();
  auto topics = OpenTopics(options, *kafka);
  if (!topics.ok()) return topics.status();
  topics_ = *std::move(topics);
  auto log = log::KafkaLog::Open(*kafka);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  return absl::OkStatus();
}

absl::Status Deployment::OpenStores(const ServeOptions& options) {
  spdlog::info("opening {}", options.data);
  if (absl::Status opened = OpenLog(options); !opened.ok()) return opened;
  auto view_store = OpenViews(options);
  if (!view_store.ok()) return view_store.status();
  view_store_ = *std::move(view_store);
  // The keys of a directory are made before its identity is written, so that a start that is ended between the two is
  // no loss of keys. Those that servers share belong to journals that have begun.
  const bool shared = !options.kafka.brokers.empty();
  if (shared) {
    if (absl::Status known = CheckIdentity(options, specs_, *log_); !known.ok()) return known;
  }
  auto keys = OpenKeys(options, *log_);
  if (!keys.ok()) return keys.status();
  keys_ = *std::move(keys);
  sealer_ = std::make_unique<sealed::Sealer>(*keys_);
  if (!shared) {
    if (absl::Status known = CheckIdentity(options, specs_, *log_); !known.ok()) return known;
  }
  views_ = std::make_unique<registry::ForgettingViewStore>(
      *view_store_, [this](const std::string& person, bool with_receivers) {
        return keys_->Forget(person, with_receivers);
      });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<view::ViewStore>> Deployment::OpenViews(const ServeOptions& options) {
  if (options.redis.empty()) {
    return view::EmbeddedViewStore::Open(options.data, [](const absl::Status& why) {
      spdlog::warn("the views are built anew: {}", std::string(why.message()));
    });
  }
  view::RedisViewStoreOptions redis;
  const size_t colon = options.redis.rfind(':');
  if (colon == std::string::npos || !absl::SimpleAtoi(options.redis.substr(colon + 1), &redis.port)) {
    return absl::InvalidArgumentError(fmt::format("--redis: HOST:PORT is wanted, not {}", options.redis));
  }
  redis.host = options.redis.substr(0, colon);
  redis.user = options.redis_user;
  if (!options.redis_password_file.empty()) {
    const auto password = log::ReadWholeFile(options.redis_password_file);
    if (!password.ok()) return password.status();
    redis.password = std::string(absl::StripAsciiWhitespace(*password));
  }
  redis.refuse_unbuilt = true;
  redis.on_lost = [this](const view::ViewName& view, const absl::Status& why) {
    spdlog::warn("view {}/{} is not as it was: {}", view.context, view.partition, std::string(why.message()));
    if (host::PartitionHost* host = hosts_->FindPartition(view.context, view.partition))
      host->BuildViewAnew();
  };
  auto store = view::RedisViewStore::Open(std::move(redis));
  if (!store.ok()) return store.status();
  // Orders are taken without Redis too; so that a wrong password does not look like an outage it is said now.
  if (absl::Status checked = (*store)->Check(); !checked.ok()) {
    spdlog::error("views wait for Redis: {}", std::string(checked.message()));
  }
  return store;
}

// Before anybody can ask for what was sealed.
absl::Status Deployment::ForgetAgain() {
  for (const auto& host : hosts_->hosts()) {
    if (host->spec().context != registry::kRegistryContext) continue;
    std::promise<std::vector<state::Change>> rows;
    host->Visit([&rows](partition::Domain& domain) { rows.set_value(domain.store().AcceptedRows()); });
    if (absl::Status again = views_->ForgetAgain(rows.get_future().get()); !again.ok()) return again;
  }
  return absl::OkStatus();
}

absl::Status Deployment::StartHosts(const ServeOptions& options) {
  host::HostGroupOptions group;
  group.partitions = options.partitions;
  group.known = PartitionCounts(options.partitions);
  group.simulated_clock = options.dev;
  group.works = &works_;
  if (options.dev) {
    const std::string path = std::filesystem::path(options.data) / "clock";
    const auto kept = KeptClock(path);
    if (!kept.ok()) return kept.status();
    group.clock_was_at = *kept;
    group.keep_clock = [path](absl::Time now) {
      return log::WriteFileDurably(path, std::to_string(absl::ToUnixMicros(now)));
    };
  }
  if (options.publish_events) {
    auto events = OpenEvents(options, *log_);
    if (!events.ok()) return events.status();
    events_ = *std::move(events);
    group.observe = [publishers = events_.get()](const host::ContextSpec& spec,
                                                 const log::TopicPartition& journal, host::ReadRecords read) {
      return publishers->Observe(spec, journal, std::move(read));
    };
  }
  if (absl::Status opened = OpenOwnership(options); !opened.ok()) return opened;
  hosts_ = std::make_unique<host::HostGroup>(group, specs_, *log_, *views_, snapshots_, ownership_.get());
  spdlog::info("reading the journals of {} partitions", hosts_->hosts().size());
  if (absl::Status started = hosts_->Start(); !started.ok()) return started;
  if (absl::Status again = ForgetAgain(); !again.ok()) return again;
  if (!options.dev && !options.clock_confirmed) {
    if (absl::Status gap = CheckGap(*hosts_); !gap.ok()) return gap;
  }
  AddMethods(methods_, modules_, [this](const auto& method, const std::string& context) {
    return rpc::RemoteFeed(method, [this, context]() -> std::optional<std::string> {
      // Every instance of a service has all of its partitions.
      const auto leader = hosts_->directory().LeaderOf({context, 0});
      return leader ? std::optional(leader->address) : std::nullopt;
    });
  });
  std::vector<std::string> elsewhere;
  for (const KnownContext& known : kContexts) {
    if (hosts_->FindPartition(known.name, 0) == nullptr) elsewhere.emplace_back(known.name);
  }
  AddOperations(methods_, *hosts_, *log_, options.dev, std::move(elsewhere),
                [this](const std::string& context, const operations::v1::VerifyJournalsRequest& request)
                    -> absl::StatusOr<operations::v1::VerifyJournalsResponse> {
                  const auto leader = hosts_->directory().LeaderOf({context, 0});
                  if (!leader) return absl::UnavailableError("nobody is known to serve " + context);
                  return peers_->Verify(leader->address, request);
                });
  services_ = std::make_unique<rpc::DispatchServices>(
      rpc::DispatchServices{*hosts_, *views_, queries_, sealer_.get(), forwarder_.get()});
  return absl::OkStatus();
}

absl::Status Deployment::OpenOwnership(const ServeOptions& options) {
  if (options.kafka.brokers.empty()) return absl::OkStatus();
  ownership::KafkaOwnershipOptions kafka;
  auto place = KafkaOptions(options.kafka);
  if (!place.ok()) return place.status();
  kafka.kafka = *std::move(place);
  kafka.session_timeout = absl::Seconds(options.session_timeout_seconds);
  for (const host::ContextSpec& spec : specs_) kafka.hosted.push_back(spec.context);
  for (const KnownContext& known : kContexts) kafka.all.emplace_back(known.name);
  ownership_ = ownership::KafkaOwnership::New(kafka);
  forwarder_ = rpc::NewGrpcForwarder();
  peers_ = std::make_unique<GrpcPeers>([this] {
    std::vector<std::string> addresses;
    for (const ownership::Presence& present : hosts_->directory().Living(host::SteadyNow())) {
      if (present.instance != ownership_->instance()) addresses.push_back(present.address);
    }
    return addresses;
  });
  return absl::OkStatus();
}

absl::Status Deployment::Join(const std::string& address) {
  return ownership_ == nullptr ? absl::OkStatus() : hosts_->Join(address, peers_.get());
}

void Deployment::HandOver() { hosts_->HandOver(kHandOver); }

void Deployment::Stop() {
  if (std::exchange(stopped_, true)) return;
  queries_.Stop();
  if (hosts_ != nullptr) hosts_->Stop();
  if (events_ != nullptr) events_->Stop();
}

}  // namespace sanyuan
