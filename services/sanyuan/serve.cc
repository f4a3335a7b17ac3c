#include "services/sanyuan/serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "common/host/host_group.h"
#include "common/host/scrub.h"
#include "common/log/embedded/durable_file.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/identity_file.h"
#include "common/rpc/server.h"
#include "common/sealed/key_store.h"
#include "common/sealed/master_key.h"
#include "common/sealed/sealer.h"
#include "common/view/embedded/embedded_view_store.h"
#include "services/registry/forgetting.h"
#include "services/sanyuan/contexts.h"
#include "services/sanyuan/operations.h"
#include "services/sanyuan/ops_server.h"

namespace sanyuan {
namespace {

constexpr int kUsage = 2;
constexpr absl::Duration kDrain = absl::Seconds(10);
constexpr absl::Duration kScrubPause = absl::Milliseconds(5);
// After a longer gap somebody has to say that the clock is right: a closed window can't be taken back.
constexpr absl::Duration kLongGap = absl::Hours(7 * 24);

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("localhost:") || address.starts_with("[::1]:");
}

// Each connection is a file; the soft limit is often 1,024.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The journals that the directory holds must be those that its identity file knows. An empty directory gets new
// ones; journals with nothing behind their beginnings are what a start leaves that was ended before the identity
// was written.
absl::Status CheckIdentity(const std::string& directory, int32_t partitions, host::HostGroup& hosts,
                           log::Log& log) {
  const log::IdentityFile file(directory);
  const auto known = file.Read();
  if (!known.ok() && known.status().code() != absl::StatusCode::kNotFound) return known.status();
  int64_t longest = 0;
  bool complete = true;
  for (const auto& host : hosts.hosts()) {
    const auto end = log.EndOffset(host->journal());
    if (!end.ok()) return end.status();
    longest = std::max(longest, *end);
    complete = complete && *end > 0;
  }
  if (known.ok()) {
    if (known->partition_count != partitions) {
      return absl::FailedPreconditionError(fmt::format("{} was made with --partitions {}, not {}", directory,
                                                       known->partition_count, partitions));
    }
    const auto found = hosts.ReadJournalIds();
    if (!found.ok()) return found.status();
    for (const auto& [journal, id] : *found) {
      const auto it = known->journal_ids.find(journal);
      if (it == known->journal_ids.end() || it->second != id) {
        return absl::FailedPreconditionError(
            fmt::format("{} is not the journal that this directory was made with", journal.ToString()));
      }
    }
    return absl::OkStatus();
  }
  if (longest > 1)
    return absl::FailedPreconditionError(fmt::format("{} has lost its identity file", directory));
  if (longest == 1 && !complete) {
    return absl::FailedPreconditionError(fmt::format("{} holds only some of its journals", directory));
  }
  auto ids = longest == 0 ? hosts.CreateJournals() : hosts.ReadJournalIds();
  if (!ids.ok()) return ids.status();
  log::Identity identity;
  identity.created_at = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
  identity.partition_count = partitions;
  for (const auto& [journal, id] : *ids) identity.journal_ids[journal] = id;
  return file.Write(identity);
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

// The keys of people. Journals whose keys are gone are not served by accident: every text in them would be empty,
// and new ones would hide that.
absl::StatusOr<std::unique_ptr<sealed::KeyStore>> OpenKeys(const ServeOptions& options) {
  const bool made_here = options.master_key_file.empty();
  const std::string path =
      made_here ? (std::filesystem::path(options.data) / "dev-master-key").string() : options.master_key_file;
  const auto master_key = made_here ? sealed::ReadOrMakeMasterKey(path) : sealed::ReadMasterKey(path);
  if (!master_key.ok()) return master_key.status();
  if (made_here) spdlog::warn("keys of people are wrapped by {}, for development only", path);
  const std::string keys = sealed::KeyStore::PathIn(options.data);
  if (!options.new_keys && !std::filesystem::exists(keys) &&
      log::IdentityFile(options.data).Read().status().code() != absl::StatusCode::kNotFound) {
    return absl::FailedPreconditionError(fmt::format(
        "{} is missing: put it back, or start once with --new-keys and leave unreadable what was sealed",
        keys));
  }
  return sealed::KeyStore::Open(options.data, *master_key);
}

absl::Status CheckOptions(const ServeOptions& options) {
  if (options.data.empty()) return absl::InvalidArgumentError("--data: a directory is wanted");
  if (options.partitions < 1 || options.partitions > 1024) {
    return absl::InvalidArgumentError("--partitions: 1 to 1024");
  }
  if (!options.dev && options.master_key_file.empty()) {
    return absl::InvalidArgumentError(
        "--master-key: a file of 32 random bytes is wanted (only --dev makes one of its own)");
  }
  if (options.dev && !IsLoopback(options.listen)) {
    return absl::InvalidArgumentError(
        fmt::format("--dev trusts every caller and listens on loopback only, not on {}", options.listen));
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& why, int code) {
  spdlog::critical("{}", std::string(why.message()));
  return code;
}

std::string HostPart(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

int Serve(const ServeOptions& options) {
  if (absl::Status checked = CheckOptions(options); !checked.ok()) return Fail(checked, kUsage);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  RaiseFileLimit();

  OpsServer ops;
  if (absl::Status listening = ops.Listen(options.ops); !listening.ok()) return Fail(listening, 1);
  std::error_code error;
  std::filesystem::create_directories(options.data, error);
  if (error) return Fail(absl::UnavailableError(fmt::format("{}: {}", options.data, error.message())), 1);

  spdlog::info("opening {}", options.data);
  log::EmbeddedLogOptions log_options;
  log_options.directory = options.data;
  auto log = log::EmbeddedLog::Open(log_options);
  if (!log.ok()) return Fail(log.status(), 1);
  auto keys = OpenKeys(options);
  if (!keys.ok()) return Fail(keys.status(), 1);
  const sealed::Sealer sealer(**keys);
  auto view_file = view::EmbeddedViewStore::Open(options.data, [](const absl::Status& why) {
    spdlog::warn("the views are built anew: {}", std::string(why.message()));
  });
  if (!view_file.ok()) return Fail(view_file.status(), 1);
  registry::ForgettingViewStore views(**view_file, [&keys](const std::string& person, bool with_receivers) {
    return (*keys)->Forget(person, with_receivers);
  });
  for (int32_t partition = 0; partition < options.partitions; ++partition) {
    if (absl::Status gone = views.ForgetAgain(partition); !gone.ok()) return Fail(gone, 1);
  }
  host::FileSnapshotStore snapshots(std::filesystem::path(options.data) / "snapshots");

  const std::vector<host::ContextSpec> specs = Contexts(options);
  host::HostGroupOptions group_options;
  group_options.partitions = options.partitions;
  group_options.simulated_clock = options.dev;
  if (options.dev) {
    const std::string path = std::filesystem::path(options.data) / "clock";
    const auto kept = KeptClock(path);
    if (!kept.ok()) return Fail(kept.status(), 1);
    group_options.clock_was_at = *kept;
    group_options.keep_clock = [path](absl::Time now) {
      return log::WriteFileDurably(path, std::to_string(absl::ToUnixMicros(now)));
    };
  }
  host::HostGroup hosts(group_options, specs, **log, views, snapshots);
  if (absl::Status known = CheckIdentity(options.data, options.partitions, hosts, **log); !known.ok()) {
    return Fail(known, 1);
  }
  spdlog::info("reading the journals of {} partitions", hosts.hosts().size());
  if (absl::Status started = hosts.Start(); !started.ok()) return Fail(started, 1);
  if (!options.dev && !options.clock_confirmed) {
    absl::Time latest = absl::InfinitePast();
    for (const auto& [host, status] : hosts.Statuses()) latest = std::max(latest, status.last_decided);
    if (latest != absl::InfinitePast() && absl::Now() - latest > kLongGap) {
      return Fail(absl::FailedPreconditionError(fmt::format(
                      "the last decision is of {}; if the clock is right, start with --clock-confirmed",
                      absl::FormatTime(latest, absl::UTCTimeZone()))),
                  1);
    }
  }

  rpc::MethodTable methods;
  AddContextMethods(methods);
  AddOperations(methods, hosts, **log, options.dev);
  host::Executor queries(2);
  rpc::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.trust_metadata = options.dev;
  server_options.heartbeat = absl::Seconds(options.heartbeat_seconds);
  server_options.sealer = &sealer;
  auto server = rpc::Server::Start(server_options, methods, hosts, views, queries, &ops);
  if (!server.ok()) return Fail(server.status(), 1);
  (*server)->SetServing(true);
  ops.SetPhase("serving");
  ops.SetHosts(&hosts);
  auto scrub = std::make_unique<host::Scrub>(**log, hosts, kScrubPause);
  fmt::print("{{\"grpc\":\"{}:{}\",\"ops\":\"{}:{}\"}}\n", HostPart(options.listen), (*server)->port(),
             HostPart(options.ops), ops.port());
  std::fflush(stdout);
  spdlog::info("serving");

  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("draining");
  ops.SetHosts(nullptr);
  ops.SetPhase("draining");
  (*server)->Drain(kDrain);
  scrub.reset();
  queries.Stop();
  hosts.Stop();
  spdlog::info("stopped");
  return 0;
}

}  // namespace sanyuan
