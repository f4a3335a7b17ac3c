#include "services/sanyuanctl/key_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "common/log/embedded/directory_lock.h"
#include "common/sealed/cipher.h"
#include "common/sealed/file_key_store.h"
#include "common/sealed/key_topic_tools.h"
#include "common/sealed/master_key.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "sanyuan/registry/v1/organisation.grpc.pb.h"
#include "services/sanyuan/journal_topics.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

// For so long the next row, or the brokers, are waited for.
constexpr absl::Duration kBrokersPatience = absl::Seconds(20);

struct KeyArguments {
  std::string county, person, why;
  std::string data, out, from;
  KafkaPlace kafka;
  std::string master_key, new_master_key;
};

// A random UUIDv7 of the server's time.
std::string NewRequestId(absl::Time at) {
  std::string bytes = sealed::RandomBytes(10);
  bytes[0] = static_cast<char>(0x70 | (bytes[0] & 0x0f));
  bytes[2] = static_cast<char>(0x80 | (bytes[2] & 0x3f));
  const std::string hex = absl::BytesToHexString(bytes);
  const std::string time = fmt::format("{:012x}", absl::ToUnixMillis(at));
  return fmt::format("{}-{}-{}-{}-{}", time.substr(0, 8), time.substr(8), hex.substr(0, 4), hex.substr(4, 4),
                     hex.substr(8));
}

int Forget(const Session& session, const KeyArguments& arguments) {
  operations::v1::GetClockResponse clock;
  const auto operations = operations::v1::OperationsService::NewStub(session.channel());
  grpc::Status status =
      session.Call([&](grpc::ClientContext& context) { return operations->GetClock(&context, {}, &clock); });
  if (!status.ok()) return session.Fail(status);
  registry::v1::ForgetPersonRequest request;
  request.mutable_header()->set_request_id(NewRequestId(absl::FromUnixSeconds(clock.now().seconds())));
  request.set_county_code(arguments.county);
  request.set_person(arguments.person);
  request.set_why(arguments.why);
  registry::v1::ForgetPersonResponse response;
  const auto organisation = registry::v1::OrganisationService::NewStub(session.channel());
  status = session.Call(
      [&](grpc::ClientContext& context) { return organisation->ForgetPerson(&context, request, &response); });
  if (!status.ok()) return session.Fail(status);
  session.Print({{"forgotten", arguments.person},
                 {"journal_id", absl::BytesToHexString(response.position().journal_id())},
                 {"height", response.position().height()}},
                fmt::format("{} is forgotten\n", arguments.person));
  return kDone;
}

absl::StatusOr<sealed::OpenKeyTable> KeysOnKafka(const KeyArguments& arguments) {
  const auto options = KafkaOptions(arguments.kafka);
  if (!options.ok()) return options.status();
  return KeyTable(*options);
}

absl::Status Copy(const KeyArguments& arguments) {
  if (arguments.kafka.brokers.empty()) return sealed::FileKeyStore::Copy(arguments.data, arguments.out);
  const auto open = KeysOnKafka(arguments);
  return open.ok() ? sealed::CopyKeyTopic(*open, arguments.out, kBrokersPatience) : open.status();
}

// Whether it is said where the keys are.
absl::Status Placed(const KeyArguments& arguments) {
  return arguments.data.empty() && arguments.kafka.brokers.empty()
             ? absl::InvalidArgumentError("--data or --kafka: where the keys are is wanted")
             : absl::OkStatus();
}

int CopyKeys(const Session& session, const KeyArguments& arguments) {
  if (absl::Status placed = Placed(arguments); !placed.ok()) return session.Fail(placed);
  if (absl::Status copied = Copy(arguments); !copied.ok()) return session.Fail(copied);
  session.Print({{"keys", arguments.out}},
                fmt::format("{}: wrapped keys. Delete it when it is older than somebody's forgetting.\n",
                            arguments.out));
  return kDone;
}

int RestoreKeys(const Session& session, const KeyArguments& arguments) {
  const auto open = KeysOnKafka(arguments);
  if (!open.ok()) return session.Fail(open.status());
  const auto restored = sealed::RestoreKeyTopic(*open, arguments.from, kBrokersPatience);
  if (!restored.ok()) return session.Fail(restored.status());
  session.Print({{"restored", *restored}}, fmt::format("{} keys are back\n", *restored));
  return kDone;
}

absl::Status Rewrap(const KeyArguments& arguments, const std::string& before, const std::string& after) {
  if (!arguments.kafka.brokers.empty()) {
    const auto open = KeysOnKafka(arguments);
    return open.ok() ? sealed::RewrapKeyTopic(*open, before, after, kBrokersPatience) : open.status();
  }
  const auto lock = log::DirectoryLock::Acquire(arguments.data);
  if (!lock.ok()) return lock.status();
  const auto keys = sealed::FileKeyStore::Open(arguments.data, before);
  return keys.ok() ? (*keys)->Rewrap(after) : keys.status();
}

int Rotate(const Session& session, const KeyArguments& arguments) {
  if (absl::Status placed = Placed(arguments); !placed.ok()) return session.Fail(placed);
  const auto before = sealed::ReadMasterKey(arguments.master_key);
  if (!before.ok()) return session.Fail(before.status());
  const auto after = sealed::ReadMasterKey(arguments.new_master_key);
  if (!after.ok()) return session.Fail(after.status());
  if (absl::Status wrapped = Rewrap(arguments, *before, *after); !wrapped.ok()) return session.Fail(wrapped);
  session.Print({{"rotated", true}}, "every key is wrapped by the new master key\n");
  return kDone;
}

}  // namespace

void AddKeyCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  const auto arguments = std::make_shared<KeyArguments>();
  const auto runs = [&globals, &run, arguments](int (*command)(const Session&, const KeyArguments&)) {
    return [&globals, &run, arguments, command] {
      run = [&globals, arguments, command] { return command(Session(globals), *arguments); };
    };
  };

  CLI::App* forget = app.add_subcommand(
      "forget",
      "Deletes the key of somebody who left or whose licence ended: no text about them can be read again");
  forget->footer("Example: sanyuanctl forget --county 620121 --person 620121100001 --why 'asked for it'");
  forget->add_option("--county", arguments->county, "Code of the county")->required();
  forget->add_option("--person", arguments->person, "Staff id or licence")->required();
  forget->add_option("--why", arguments->why, "Reason without personal data, kept in the journal")
      ->required();
  forget->callback(runs(Forget));

  CLI::App* keys = app.add_subcommand("keys", "The wrapped keys of people");
  keys->require_subcommand(1);
  const auto kafka = [arguments](CLI::App* command) {
    CLI::Option* brokers = command->add_option("--kafka", arguments->kafka.brokers,
                                               "HOST:PORT,... of the brokers that keep the keys");
    command->add_option("--topic-prefix", arguments->kafka.topic_prefix, "Before the name of each topic");
    command->add_option("--kafka-properties", arguments->kafka.properties_file,
                        "File of further librdkafka settings, a line NAME=VALUE each");
    return brokers;
  };
  const auto place = [arguments, kafka](CLI::App* command) {
    command->add_option("--data", arguments->data, "Data directory")
        ->check(CLI::ExistingDirectory)
        ->excludes(kafka(command));
  };
  CLI::App* copy = keys->add_subcommand("backup", "Copies the keys, wrapped, also while a server runs");
  copy->footer("Example: sanyuanctl keys backup --data /var/lib/sanyuan --out /keys/2019-08-05.db");
  place(copy);
  copy->add_option("--out", arguments->out, "File of the copy")->required()->check(CLI::NonexistentPath);
  copy->callback(runs(CopyKeys));
  CLI::App* restore = keys->add_subcommand(
      "restore", "Puts a copy, or the keys.db of a directory, into a topic that holds no keys");
  restore->footer("Example: sanyuanctl keys restore --kafka 127.0.0.1:9092 --from /keys/2019-08-05.db");
  kafka(restore)->required();
  restore->add_option("--from", arguments->from, "File of the copy")->required()->check(CLI::ExistingFile);
  restore->callback(runs(RestoreKeys));
  CLI::App* rotate =
      keys->add_subcommand("rotate", "Wraps every key with a new master key; no server may be running");
  rotate->footer(
      "Example: sanyuanctl keys rotate --data /var/lib/sanyuan --master-key OLD --new-master-key NEW");
  place(rotate);
  rotate->add_option("--master-key", arguments->master_key, "File of the master key so far")->required();
  rotate->add_option("--new-master-key", arguments->new_master_key, "File of the one from now on")
      ->required();
  rotate->callback(runs(Rotate));
}

}  // namespace sanyuan::ctl
