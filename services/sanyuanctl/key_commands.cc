#include "services/sanyuanctl/key_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "common/log/embedded/directory_lock.h"
#include "common/sealed/cipher.h"
#include "common/sealed/key_store.h"
#include "common/sealed/master_key.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "sanyuan/registry/v1/organisation.grpc.pb.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

struct KeyArguments {
  std::string county, person, why;
  std::string data, out;
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

int CopyKeys(const Session& session, const KeyArguments& arguments) {
  if (absl::Status copied = sealed::KeyStore::Copy(arguments.data, arguments.out); !copied.ok()) {
    return session.Fail(copied);
  }
  session.Print({{"keys", arguments.out}},
                fmt::format("{}: wrapped keys. Delete it when it is older than somebody's forgetting.\n",
                            arguments.out));
  return kDone;
}

int Rotate(const Session& session, const KeyArguments& arguments) {
  const auto lock = log::DirectoryLock::Acquire(arguments.data);
  if (!lock.ok()) return session.Fail(lock.status());
  const auto before = sealed::ReadMasterKey(arguments.master_key);
  if (!before.ok()) return session.Fail(before.status());
  const auto after = sealed::ReadMasterKey(arguments.new_master_key);
  if (!after.ok()) return session.Fail(after.status());
  const auto keys = sealed::KeyStore::Open(arguments.data, *before);
  if (!keys.ok()) return session.Fail(keys.status());
  if (absl::Status wrapped = (*keys)->Rewrap(*after); !wrapped.ok()) return session.Fail(wrapped);
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
  CLI::App* copy = keys->add_subcommand("backup", "Copies keys.db, also while a server runs");
  copy->footer("Example: sanyuanctl keys backup --data /var/lib/sanyuan --out /keys/2019-08-05.db");
  copy->add_option("--data", arguments->data, "Data directory")->required()->check(CLI::ExistingDirectory);
  copy->add_option("--out", arguments->out, "File of the copy")->required()->check(CLI::NonexistentPath);
  copy->callback(runs(CopyKeys));
  CLI::App* rotate =
      keys->add_subcommand("rotate", "Wraps every key with a new master key; no server may be running");
  rotate->footer(
      "Example: sanyuanctl keys rotate --data /var/lib/sanyuan --master-key OLD --new-master-key NEW");
  rotate->add_option("--data", arguments->data, "Data directory")->required()->check(CLI::ExistingDirectory);
  rotate->add_option("--master-key", arguments->master_key, "File of the master key so far")->required();
  rotate->add_option("--new-master-key", arguments->new_master_key, "File of the one from now on")
      ->required();
  rotate->callback(runs(Rotate));
}

}  // namespace sanyuan::ctl
