#include "services/sanyuanctl/reshard_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "common/reshard/reshard.h"
#include "services/sanyuanctl/reshard_places.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

struct ReshardArguments {
  ReshardPlaces places;
  int32_t partitions = 0;
  std::string why;
};

int PrintReshard(const Session& session, const reshard::Report& report, int32_t before, int32_t after) {
  nlohmann::json object = {{"partitions_before", before},
                           {"partitions", after},
                           {"business_digest", Sha256(report.digest_text).Hex()},
                           {"operators_decisions", report.operators_decisions},
                           {"request_ids_used_twice", report.request_ids_used_twice}};
  std::string text =
      fmt::format("{:28} {:>12} {:>12} {:>12}\n", "context", "decisions", "acknowledged", "copies");
  for (const auto& [context, counts] : report.contexts) {
    object["contexts"][context] = {
        {"decisions", counts.decisions}, {"acknowledged", counts.acknowledged}, {"copies", counts.copies}};
    text += fmt::format("{:28} {:>12} {:>12} {:>12}\n", context, counts.decisions, counts.acknowledged,
                        counts.copies);
  }
  for (const journal::v1::Cursor& end : report.copied_from) {
    object["copied_from"].push_back({{"topic", end.topic()},
                                     {"partition", end.partition()},
                                     {"journal_id", absl::BytesToHexString(end.journal_id())},
                                     {"height", end.height()},
                                     {"head", absl::BytesToHexString(end.head())}});
  }
  text += fmt::format(
      "{} partitions instead of {}: all decisions are there, and the business digest is the same\n", after,
      before);
  if (report.operators_decisions > 0) {
    text += fmt::format("{} formats raised and inputs skipped stay in the older journals alone\n",
                        report.operators_decisions);
  }
  if (report.request_ids_used_twice > 0) {
    text += fmt::format(
        "{} request ids had been used for two counties that share a partition now: the later "
        "outcome is remembered\n",
        report.request_ids_used_twice);
  }
  session.Print(object, text);
  return kDone;
}

int FailReshard(const Session& session, const absl::Status& status) {
  const int code = session.Fail(status);
  return absl::IsDataLoss(status) ? kCheckFailed : code;
}

int Reshard(const Session& session, const ReshardArguments& arguments) {
  const auto place = OpenReshardPlace(arguments.places);
  if (!place.ok()) {
    session.Fail(place.status());
    return absl::IsInvalidArgument(place.status()) ? kUsage : kRefused;
  }
  const auto from = (*place)->OpenFrom();
  if (!from.ok()) return FailReshard(session, from.status());
  reshard::Request request;
  request.partitions = arguments.partitions;
  request.operator_id = session.globals().actor;
  request.why = arguments.why;
  const auto report = reshard::Reshard(
      *from, [&] { return (*place)->MakeTo(arguments.partitions); }, [&] { return (*place)->HandOver(); },
      request);
  if (!report.ok()) return FailReshard(session, report.status());
  if (absl::Status finished = (*place)->Finish(*report, arguments.partitions); !finished.ok()) {
    return FailReshard(session, finished);
  }
  return PrintReshard(session, *report, from->partitions, arguments.partitions);
}

}  // namespace

void AddReshardCommand(CLI::App& journal, const Globals& globals, std::function<int()>& run) {
  const auto arguments = std::make_shared<ReshardArguments>();
  ReshardPlaces& places = arguments->places;
  CLI::App* command = journal.add_subcommand("reshard",
                                             "Copies the journals of servers that are stopped into new ones "
                                             "with another number of partitions, and checks "
                                             "that nothing is missing; the older ones are not changed");
  command->footer(
      "Example: sanyuanctl journal reshard --data /var/lib/sanyuan --to /var/lib/sanyuan-64 --partitions 64 "
      "--why "
      "'the province joins'\n"
      "         sanyuanctl journal reshard --kafka 127.0.0.1:9092 --to-prefix p64. --single-copy "
      "--partitions 64 "
      "--why 'the province joins'");
  command->add_option("--partitions", arguments->partitions, "Of each context's new journal")
      ->required()
      ->check(CLI::Range(1, 1024));
  command->add_option("--why", arguments->why, "Reason, kept in the new journals")->required();
  command->add_option(
      "--data", places.data,
      "Data directory of the older journals; with --kafka they must be those that it was made with");
  command->add_option("--to", places.to, "Empty directory for the new ones, on the embedded engine");
  CLI::Option* kafka = command->add_option("--kafka", places.kafka.brokers,
                                           "HOST:PORT,... of the brokers that keep the journals");
  command->add_option("--topic-prefix", places.kafka.topic_prefix, "Before the name of each older topic")
      ->needs(kafka);
  command->add_option("--to-prefix", places.to_prefix, "Before the name of each new topic")->needs(kafka);
  command
      ->add_option("--kafka-properties", places.kafka.properties_file,
                   "File of further librdkafka settings, a line NAME=VALUE each")
      ->needs(kafka);
  command
      ->add_flag("--single-copy", places.single_copy,
                 "One copy of each record will do: a laptop with one broker")
      ->needs(kafka);
  command
      ->add_flag("--publish-events", places.publish_events,
                 "Also makes the topics of public events, for serve --publish-events")
      ->needs(kafka);
  command->callback([&globals, &run, arguments] {
    run = [&globals, arguments] { return Reshard(Session(globals), *arguments); };
  });
}

}  // namespace sanyuan::ctl
