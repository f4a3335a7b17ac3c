#include "services/sanyuanctl/mending_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "common/host/read_records.h"
#include "common/log/embedded/journal_file.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

namespace v1 = operations::v1;

struct Mending {
  std::string context;
  int32_t partition = 0;
  std::string backup;
  std::string topic;
  uint64_t height = 0;
  uint32_t format = 0;
  std::string why;
};

int Release(const Session& session, const Mending& arguments) {
  v1::ReleaseJournalRequest request;
  request.set_context(arguments.context);
  request.set_partition(arguments.partition);
  request.set_why(arguments.why);
  v1::GetStatusResponse statuses;
  const auto stub = v1::OperationsService::NewStub(session.channel());
  grpc::Status status =
      session.Call([&](grpc::ClientContext& context) { return stub->GetStatus(&context, {}, &statuses); });
  if (!status.ok()) return session.Fail(status);
  const v1::PartitionStatus* halted = nullptr;
  for (const auto& one : statuses.partitions()) {
    if (one.context() == arguments.context && one.partition() == arguments.partition && one.has_damage())
      halted = &one;
  }
  if (halted == nullptr) return session.Fail(absl::FailedPreconditionError("that partition is not halted"));
  request.set_damage_offset(halted->damage().offset());
  if (!arguments.backup.empty()) {
    const auto file = log::JournalFile::OpenReadOnly(arguments.backup);
    if (!file.ok()) return session.Fail(file.status());
    const host::ReadRecords read = [&](const log::TopicPartition& journal, int64_t offset, size_t limit) {
      return (*file)->ReadFrom(journal, offset, limit);
    };
    const auto record = host::FindHeight(read, {arguments.context + ".journal", arguments.partition},
                                         halted->height() + 1, partition::Strictness::kStrict);
    if (!record.ok()) return session.Fail(record.status());
    if (!*record) return session.Fail(absl::NotFoundError("the backup does not hold the record"));
    request.set_repaired_record((*record)->bytes);
  }
  v1::ReleaseJournalResponse response;
  status = session.Call(
      [&](grpc::ClientContext& context) { return stub->ReleaseJournal(&context, request, &response); });
  if (!status.ok()) return session.Fail(status);
  session.Print({{"released", halted->damage().offset()}, {"repaired", !arguments.backup.empty()}},
                fmt::format("{}/{} goes on {} offset {}\n", arguments.context, arguments.partition,
                            arguments.backup.empty() ? "behind" : "with the undamaged record at",
                            halted->damage().offset()));
  return kDone;
}

int Skip(const Session& session, const Mending& arguments) {
  v1::SkipInputRequest request;
  request.set_context(arguments.context);
  request.set_partition(arguments.partition);
  request.set_topic(arguments.topic);
  request.set_height(arguments.height);
  request.set_why(arguments.why);
  v1::SkipInputResponse response;
  const auto stub = v1::OperationsService::NewStub(session.channel());
  const grpc::Status status = session.Call(
      [&](grpc::ClientContext& context) { return stub->SkipInput(&context, request, &response); });
  if (!status.ok()) return session.Fail(status);
  session.Print(
      {{"height", response.height()}},
      fmt::format("{}/{} passes by {} at height {}, by its decision at height {}\n", arguments.context,
                  arguments.partition, arguments.topic, arguments.height, response.height()));
  return kDone;
}

int RaiseFormat(const Session& session, const Mending& arguments) {
  v1::RaiseFormatRequest request;
  request.set_format(arguments.format);
  request.set_why(arguments.why);
  v1::RaiseFormatResponse response;
  const auto stub = v1::OperationsService::NewStub(session.channel());
  const grpc::Status status = session.Call(
      [&](grpc::ClientContext& context) { return stub->RaiseFormat(&context, request, &response); });
  if (!status.ok()) return session.Fail(status);
  session.Print({{"format", arguments.format}},
                fmt::format("all journals have format {}\n", arguments.format));
  return kDone;
}

}  // namespace

void AddMendingCommands(CLI::App& app, CLI::App& journal, const Globals& globals, std::function<int()>& run) {
  const auto arguments = std::make_shared<Mending>();
  const auto runs = [&globals, &run, arguments](int (*command)(const Session&, const Mending&)) {
    return [&globals, &run, arguments, command] {
      run = [&globals, arguments, command] { return command(Session(globals), *arguments); };
    };
  };
  CLI::App* release = journal.add_subcommand("release", "Lets a halted partition go on");
  release->footer(
      "Example: sanyuanctl journal release --context order_intake --partition 3 --backup /backup --why 'bad "
      "disk'");
  release->add_option("--context", arguments->context, "order_intake, allocation, ...")->required();
  release->add_option("--partition", arguments->partition, "Number of the partition")->required();
  release->add_option("--backup", arguments->backup,
                      "Data directory of a copy that holds the undamaged record");
  release->add_option("--why", arguments->why, "Reason, kept in the journal")->required();
  release->callback(runs(Release));
  CLI::App* skip = journal.add_subcommand("skip",
                                          "Passes by the record of an input that holds a partition: it has "
                                          "no further effect there, and what it held up goes on");
  skip->footer(
      "Example: sanyuanctl journal skip --context allocation --partition 3 --topic order_intake.journal "
      "--height 4711 "
      "--why 'ends the server, see ticket 12'");
  skip->add_option("--context", arguments->context, "order_intake, allocation, ...")->required();
  skip->add_option("--partition", arguments->partition, "Number of the partition")->required();
  skip->add_option("--topic", arguments->topic, "The input's journal, as status says")->required();
  skip->add_option("--height", arguments->height, "Of its record, as status says")->required();
  skip->add_option("--why", arguments->why, "Reason, kept in the journal")->required();
  skip->callback(runs(Skip));

  CLI::App* format = app.add_subcommand("format", "What the journals may hold");
  format->require_subcommand(1);
  CLI::App* raise = format->add_subcommand("raise",
                                           "Lets all journals hold what belongs to a newer format, once "
                                           "every instance reads it; there is no way back to a "
                                           "version that does not");
  raise->footer("Example: sanyuanctl format raise --to 2 --why 'all instances run 0.2'");
  raise->add_option("--to", arguments->format, "The format")->required();
  raise->add_option("--why", arguments->why, "Reason, kept in the journals")->required();
  raise->callback(runs(RaiseFormat));
}

}  // namespace sanyuan::ctl
