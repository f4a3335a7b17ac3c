#include "services/sanyuanctl/journal_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/events/public_event.h"
#include "common/host/replay.h"
#include "common/log/embedded/identity_file.h"
#include "common/log/embedded/journal_file.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "services/sanyuan/contexts.h"
#include "services/sanyuan/operations.h"
#include "services/sanyuanctl/checkpoint_file.h"
#include "services/sanyuanctl/journal_source.h"
#include "services/sanyuanctl/mending_commands.h"
#include "services/sanyuanctl/reshard_command.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

namespace v1 = operations::v1;
using nlohmann::json;
using Statuses = std::vector<v1::PartitionStatus>;

struct Arguments {
  JournalPlace place;
  std::string checkpoint;
  std::string out;
  std::string context;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t limit = 20;
  std::string time;
};

// Only a check has read the whole journal and counted its decisions.
json StatusJson(const v1::PartitionStatus& status, bool check) {
  json object = {{"context", status.context()},
                 {"partition", status.partition()},
                 {"journal_id", absl::BytesToHexString(status.journal_id())},
                 {"height", status.height()},
                 {"head", absl::BytesToHexString(status.head())},
                 {"skipped",
                  {{"late", status.skipped_late()},
                   {"lost_race", status.skipped_lost_race()},
                   {"duplicate", status.skipped_duplicate()},
                   {"stray", status.skipped_stray()}}}};
  if (check) object["decisions"] = status.decisions();
  if (!check) object["leading"] = status.leading();
  if (!status.led_at().empty()) object["led_at"] = status.led_at();
  if (!status.not_serving().empty()) object["not_serving"] = status.not_serving();
  if (!check) object["format"] = status.format();
  if (status.has_held()) {
    object["held"] = {
        {"why", status.held().why()}, {"topic", status.held().topic()}, {"height", status.held().height()}};
  }
  if (status.has_damage())
    object["damage"] = {{"offset", status.damage().offset()}, {"why", status.damage().why()}};
  for (const auto& [topic, damage] : status.halted_inputs()) {
    object["halted_inputs"][topic] = {{"offset", damage.offset()}, {"why", damage.why()}};
  }
  return object;
}

std::string StatusLine(const v1::PartitionStatus& status, bool check) {
  std::string line = fmt::format("{:28} {:4} {:>12} {:>12}  {}  {:>6}", status.context(), status.partition(),
                                 check ? fmt::to_string(status.decisions()) : "", status.height(),
                                 absl::BytesToHexString(status.head()).substr(0, 16),
                                 status.skipped_late() + status.skipped_lost_race() +
                                     status.skipped_duplicate() + status.skipped_stray());
  if (status.has_damage()) {
    line += fmt::format("  DAMAGED at offset {}: {}", status.damage().offset(), status.damage().why());
  } else if (!status.not_serving().empty()) {
    line += "  " + (status.led_at().empty() ? status.not_serving() : "led at " + status.led_at());
  }
  for (const auto& [topic, damage] : status.halted_inputs()) {
    line += fmt::format("  input {} halted at offset {}: {}", topic, damage.offset(), damage.why());
  }
  return line + "\n";
}

int PrintStatuses(const Session& session, const Statuses& statuses, bool check,
                  const std::string& engine = "") {
  json object;
  if (!engine.empty()) object["engine"] = engine;
  std::string text = engine.empty() ? "" : fmt::format("engine {}\n", engine);
  text += fmt::format("{:28} {:4} {:>12} {:>12}  {:16}  {:>6}\n", "context", "part", check ? "decisions" : "",
                      "height", "head", "skipped");
  bool sound = true;
  for (const v1::PartitionStatus& status : statuses) {
    object["partitions"].push_back(StatusJson(status, check));
    text += StatusLine(status, check);
    sound = sound && !status.has_damage();
  }
  if (check) {
    object["sound"] = sound;
    text += sound ? "sound\n" : "DAMAGED\n";
  }
  session.Print(object, text);
  return check && !sound ? kCheckFailed : kDone;
}

absl::StatusOr<std::vector<v1::Checkpoint>> Checkpoints(const std::string& path) {
  if (path.empty()) return std::vector<v1::Checkpoint>{};
  return ReadCheckpoints(path);
}

// The statuses of journals where they lie, compared with checkpoints.
absl::StatusOr<Statuses> VerifySource(const JournalPlace& place, const std::string& checkpoint_file) {
  const auto source = JournalSource::Open(place);
  if (!source.ok()) return source.status();
  auto replayed = source->Replay();
  if (!replayed.ok()) return replayed.status();
  const auto checkpoints = Checkpoints(checkpoint_file);
  if (!checkpoints.ok()) return checkpoints.status();
  Statuses statuses;
  for (host::Replayed& one : *replayed) {
    const std::string context = source->ContextOf(one);
    for (const v1::Checkpoint& message : *checkpoints) {
      const host::Checkpoint checkpoint = CheckpointOf(message);
      if (checkpoint.context != context || checkpoint.partition != one.journal.partition) continue;
      if (absl::Status compared = Compare(checkpoint, source->Reader(), source->strictness(), one);
          !compared.ok())
        return compared;
    }
    statuses.push_back(StatusMessage(one, context));
  }
  return statuses;
}

std::unique_ptr<v1::OperationsService::Stub> Operations(const Session& session) {
  return v1::OperationsService::NewStub(session.channel());
}

int Verify(const Session& session, const Arguments& arguments) {
  if (arguments.place.given()) {
    const auto statuses = VerifySource(arguments.place, arguments.checkpoint);
    if (!statuses.ok()) {
      const int code = session.Fail(statuses.status());
      return code == kUnavailable ? code : kCheckFailed;  // Nothing is known when nobody answers.
    }
    return PrintStatuses(session, *statuses, true);
  }
  const auto checkpoints = Checkpoints(arguments.checkpoint);
  if (!checkpoints.ok()) return session.Fail(checkpoints.status());
  v1::VerifyJournalsRequest request;
  for (const v1::Checkpoint& checkpoint : *checkpoints) *request.add_checkpoints() = checkpoint;
  v1::VerifyJournalsResponse response;
  const auto stub = Operations(session);
  const grpc::Status status = session.Call(
      [&](grpc::ClientContext& context) { return stub->VerifyJournals(&context, request, &response); });
  if (!status.ok()) return session.Fail(status);
  return PrintStatuses(session, {response.partitions().begin(), response.partitions().end()}, true);
}

int PrintStatus(const Session& session) {
  v1::GetStatusResponse response;
  const auto stub = Operations(session);
  const grpc::Status status =
      session.Call([&](grpc::ClientContext& context) { return stub->GetStatus(&context, {}, &response); });
  if (!status.ok()) return session.Fail(status);
  return PrintStatuses(session, {response.partitions().begin(), response.partitions().end()}, false,
                       response.engine());
}

int MakeCheckpoint(const Session& session, const Arguments& arguments) {
  Statuses statuses;
  if (arguments.place.given()) {
    auto verified = VerifySource(arguments.place, arguments.checkpoint);
    if (!verified.ok()) return session.Fail(verified.status());
    statuses = *std::move(verified);
  } else {
    v1::GetStatusResponse response;
    const auto stub = Operations(session);
    const grpc::Status status =
        session.Call([&](grpc::ClientContext& context) { return stub->GetStatus(&context, {}, &response); });
    if (!status.ok()) return session.Fail(status);
    statuses.assign(response.partitions().begin(), response.partitions().end());
  }
  if (absl::Status written = WriteCheckpoints(arguments.out, statuses); !written.ok())
    return session.Fail(written);
  session.Print({{"checkpoint", arguments.out}, {"journals", statuses.size()}},
                fmt::format("{}: heads of {} journals\n", arguments.out, statuses.size()));
  return kDone;
}

int PrintDigest(const Session& session, const Arguments& arguments) {
  std::string text;
  if (arguments.place.given()) {
    const auto source = JournalSource::Open(arguments.place);
    if (!source.ok()) return session.Fail(source.status());
    const auto replayed = source->Replay();
    if (!replayed.ok()) return session.Fail(replayed.status());
    for (const host::Replayed& one : *replayed) {
      if (!one.damage) continue;
      return session.Fail(absl::DataLossError(fmt::format(
          "{} is damaged at offset {}: {}", one.journal.ToString(), one.damage->offset, one.damage->why)));
    }
    text = host::DigestTextOf(source->specs(), *replayed);
  } else {
    v1::GetDigestResponse response;
    const auto stub = Operations(session);
    const grpc::Status status =
        session.Call([&](grpc::ClientContext& context) { return stub->GetDigest(&context, {}, &response); });
    if (!status.ok()) return session.Fail(status);
    text = response.text();
  }
  session.Print({{"business_digest", Sha256(text).Hex()}, {"text", text}}, text);
  return kDone;
}

std::string_view KindName(partition::FrameKind kind) {
  switch (kind) {
    case partition::FrameKind::kGenesis:
      return "genesis";
    case partition::FrameKind::kTakeOver:
      return "take-over";
    case partition::FrameKind::kDecision:
      return "decision";
    case partition::FrameKind::kRelease:
      return "release";
  }
  return "unknown";
}

// The content of a decision as JSON-like text: events by their own types.
std::string ContentText(const host::ContextSpec& spec, const partition::Frame& frame) {
  journal::v1::Decision decision;
  if (frame.kind != partition::FrameKind::kDecision ||
      !decision.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size()))) {
    return "";
  }
  std::string text =
      "at " + absl::FormatTime(absl::FromUnixMicros(decision.decided_at_us()), absl::UTCTimeZone());
  if (decision.has_command())
    text += " " + decision.command().method() + " by " + decision.command().actor_id();
  if (decision.has_format_raised()) text += " format raised: " + decision.format_raised().ShortDebugString();
  if (decision.has_input_skipped()) text += " input skipped: " + decision.input_skipped().ShortDebugString();
  if (decision.has_copied_from()) {
    text += fmt::format(" copied from height {} of {}", decision.copied_from().height(),
                        absl::BytesToHexString(decision.copied_from().journal_id()));
  }
  if (decision.has_copy_completed())
    text += " copy completed: " + decision.copy_completed().ShortDebugString();
  for (const auto& refusal : decision.refusals()) text += " refused: " + refusal.ShortDebugString();
  const auto domain = spec.new_domain();
  for (const std::string& bytes : decision.events()) {
    partition::EventPtr event = domain->NewEvent();
    text += event->ParseFromString(bytes) ? " | " + event->ShortDebugString() : " | (unreadable event)";
  }
  return text;
}

// Full names of the decision's events, in their order.
json EventTypes(const host::ContextSpec& spec, const partition::Frame& frame) {
  json types = json::array();
  journal::v1::Decision decision;
  if (frame.kind != partition::FrameKind::kDecision ||
      !decision.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size()))) {
    return types;
  }
  const auto domain = spec.new_domain();
  for (const std::string& bytes : decision.events()) {
    partition::EventPtr event = domain->NewEvent();
    const auto* inner = event->ParseFromString(bytes) ? events::InnerEvent(*event) : nullptr;
    types.push_back(inner == nullptr ? "" : std::string(inner->GetDescriptor()->full_name()));
  }
  return types;
}

int Cat(const Session& session, const Arguments& arguments) {
  const auto source = JournalSource::Open(arguments.place);
  if (!source.ok()) return session.Fail(source.status());
  const host::ContextSpec* found = source->Find(arguments.context);
  if (found == nullptr) return session.Fail(absl::NotFoundError("no context " + arguments.context));
  const auto records = source->log().ReadFrom({found->topic(), arguments.partition}, arguments.offset,
                                              static_cast<size_t>(arguments.limit));
  if (!records.ok()) return session.Fail(records.status());
  for (const log::Record& record : *records) {
    partition::Frame frame;
    const partition::FrameError error = Parse(record.bytes, frame);
    const bool readable = error == partition::FrameError::kNone;
    const std::string content = readable ? ContentText(*found, frame) : "";
    json object = {{"offset", record.offset}, {"bytes", record.bytes.size()}, {"sound", readable}};
    if (readable) {
      object["kind"] = KindName(frame.kind);
      object["height"] = frame.height;
      object["term"] = frame.term;
      object["journal_id"] = absl::BytesToHexString(
          absl::string_view(reinterpret_cast<const char*>(frame.journal_id.data()), frame.journal_id.size()));
      object["prev"] = frame.prev.Hex();
      object["digest"] = frame.digest.Hex();
      object["events"] = EventTypes(*found, frame);
      object["content"] = content;
    }
    for (const auto& [name, value] : record.headers) object["headers"][name] = value;
    session.Print(
        object, readable ? fmt::format("{} {} height {} term {} {} {}\n", record.offset, KindName(frame.kind),
                                       frame.height, frame.term, frame.digest.Hex().substr(0, 16), content)
                         : fmt::format("{} DAMAGED ({} bytes)\n", record.offset, record.bytes.size()));
  }
  return kDone;
}

int Backup(const Session& session, const Arguments& arguments) {
  const auto file = log::JournalFile::OpenReadOnly(arguments.place.data);
  if (!file.ok()) return session.Fail(file.status());
  if (absl::Status copied = (*file)->BackupTo(arguments.out + "/journal.db"); !copied.ok())
    return session.Fail(copied);
  if (const auto identity = log::IdentityFile(arguments.place.data).Read(); identity.ok()) {
    if (absl::Status written = log::IdentityFile(arguments.out).Write(*identity); !written.ok()) {
      return session.Fail(written);
    }
  }
  JournalPlace copy;
  copy.data = arguments.out;
  const auto statuses = VerifySource(copy, "");
  if (!statuses.ok()) return session.Fail(statuses.status());
  return PrintStatuses(session, *statuses, true);
}

int Clock(const Session& session, const Arguments& arguments) {
  const auto stub = Operations(session);
  google::protobuf::Timestamp now;
  if (arguments.time.empty()) {
    v1::GetClockResponse response;
    const grpc::Status status =
        session.Call([&](grpc::ClientContext& context) { return stub->GetClock(&context, {}, &response); });
    if (!status.ok()) return session.Fail(status);
    now = response.now();
  } else {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, arguments.time, &time, &error)) {
      return session.Fail(
          absl::InvalidArgumentError("a time like 2019-08-05T09:00:00+08:00 is wanted: " + error));
    }
    v1::SetClockRequest request;
    request.mutable_now()->set_seconds(absl::ToUnixSeconds(time));
    v1::SetClockResponse response;
    const grpc::Status status = session.Call(
        [&](grpc::ClientContext& context) { return stub->SetClock(&context, request, &response); });
    if (!status.ok()) return session.Fail(status);
    now = response.now();
  }
  const std::string text = now.seconds() == 0
                               ? "not set"
                               : absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(now.seconds()),
                                                  absl::FixedTimeZone(8 * 3600));
  session.Print({{"now", text}}, text + "\n");
  return kDone;
}

}  // namespace

void AddJournalCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  const auto arguments = std::make_shared<Arguments>();
  const auto runs = [&globals, &run, arguments](int (*command)(const Session&, const Arguments&)) {
    return [&globals, &run, arguments, command] {
      run = [&globals, arguments, command] { return command(Session(globals), *arguments); };
    };
  };
  const auto data = [arguments](CLI::App* command) {
    return command->add_option("--data", arguments->place.data,
                               "Data directory, instead of a running server");
  };
  const auto place = [arguments, data](CLI::App* command) {
    data(command);
    command->add_option("--kafka", arguments->place.kafka.brokers,
                        "HOST:PORT,... of the brokers that keep the journals, instead of a running server");
    command->add_option("--topic-prefix", arguments->place.kafka.topic_prefix,
                        "Before the name of each topic");
    command->add_option("--kafka-properties", arguments->place.kafka.properties_file,
                        "File of further librdkafka settings, a line NAME=VALUE each");
  };

  CLI::App* status = app.add_subcommand("status", "Partitions, heads, what is halted and why");
  status->footer("Example: sanyuanctl --server 127.0.0.1:7620 status");
  status->callback([&globals, &run] { run = [&globals] { return PrintStatus(Session(globals)); }; });

  CLI::App* clock = app.add_subcommand("clock", "Shows or moves the simulated clock of a server");
  clock->footer("Example: sanyuanctl clock --set 2019-08-05T09:00:00+08:00");
  clock->add_option("--set", arguments->time, "RFC 3339 time to move forward to");
  clock->callback(runs(Clock));

  CLI::App* digest =
      app.add_subcommand("digest", "One digest of the business state for each context and county");
  digest->footer("Example: sanyuanctl digest --data /var/lib/sanyuan");
  place(digest);
  digest->callback(runs(PrintDigest));

  CLI::App* backup = app.add_subcommand(
      "backup",
      "Copies a data directory's journals, also while a server runs, and verifies the copy; the "
      "keys of people are kept apart (keys backup): without them the copy's sealed texts stay closed");
  backup->footer("Example: sanyuanctl backup --data /var/lib/sanyuan --out /backup/2019-08-05");
  data(backup)->required();
  backup->add_option("--out", arguments->out, "Directory of the copy")
      ->required()
      ->check(CLI::ExistingDirectory);
  backup->callback(runs(Backup));

  CLI::App* journal = app.add_subcommand("journal", "Proofs of the journals");
  journal->require_subcommand(1);
  CLI::App* verify =
      journal->add_subcommand("verify", "Replays every journal; exit 1 with the first damage of each");
  verify->footer("Example: sanyuanctl journal verify --data /var/lib/sanyuan --checkpoint heads.json");
  place(verify);
  verify->add_option("--checkpoint", arguments->checkpoint, "Heads exported earlier")
      ->check(CLI::ExistingFile);
  verify->callback(runs(Verify));
  CLI::App* checkpoint = journal->add_subcommand("checkpoint", "Exports the heads of all journals");
  checkpoint->footer("Example: sanyuanctl journal checkpoint --out heads.json");
  place(checkpoint);
  checkpoint->add_option("--out", arguments->out, "File to write")->required();
  checkpoint->callback(runs(MakeCheckpoint));
  CLI::App* cat = journal->add_subcommand("cat", "Prints records of one journal");
  cat->footer("Example: sanyuanctl journal cat --data /var/lib/sanyuan --context order_intake --partition 3");
  place(cat);
  cat->add_option("--context", arguments->context, "order_intake, allocation, ...")->required();
  cat->add_option("--partition", arguments->partition, "Number of the partition")->capture_default_str();
  cat->add_option("--offset", arguments->offset, "First offset")->capture_default_str();
  cat->add_option("--limit", arguments->limit, "How many records")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  cat->callback(runs(Cat));
  AddMendingCommands(app, *journal, globals, run);
  AddReshardCommand(*journal, globals, run);
}

}  // namespace sanyuan::ctl
