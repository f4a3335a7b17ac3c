#include "services/sanyuanctl/watch_commands.h"

#include <fmt/format.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/log/embedded/durable_file.h"
#include "services/sanyuanctl/clue_watch.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl {
namespace {

namespace tmi = three_member_interaction::v1;
using nlohmann::json;

struct WatchArguments {
  std::vector<std::string> counties, squads, grades, states;
  std::string token_file;
  uint64_t count = 0;
  bool until_deadline = false;
};

// "CLUE_STATE_CLOSED" without what all values of its type begin with.
std::string Short(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}
std::string ChangeName(const ClueWatch::Event& event) {
  return Short(tmi::ClueChange_Name(event.change()), "CLUE_CHANGE_");
}
std::string StateName(const ClueWatch::Event& event) {
  return Short(tmi::ClueState_Name(event.clue().state()), "CLUE_STATE_");
}
std::string GradeName(const ClueWatch::Event& event) {
  return Short(tmi::ClueGrade_Name(event.clue().grade()), "CLUE_GRADE_");
}
std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*S%Ez",
                          absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
                          absl::FixedTimeZone(8 * 3600));
}

json JsonOf(const ClueWatch::Event& event) {
  const tmi::ClueFacts& clue = event.clue();
  json object = {{"journal_id", absl::BytesToHexString(event.journal_id())},
                 {"height", event.height()},
                 {"index", event.index()},
                 {"decided_at", TimeText(event.decided_at())},
                 {"change", ChangeName(event)},
                 {"clue_id", clue.clue_id()},
                 {"county_code", clue.county_code()},
                 {"state", StateName(event)},
                 {"type", Short(tmi::ClueType_Name(clue.type()), "CLUE_TYPE_")},
                 {"grade", GradeName(event)},
                 {"source", Short(tmi::ClueSource_Name(clue.source()), "CLUE_SOURCE_")},
                 {"licence", clue.licence()},
                 {"route_id", clue.route_id()},
                 {"squad_id", clue.squad_id()},
                 {"policy_version", clue.policy_version()}};
  if (event.has_due()) object["due"] = TimeText(event.due());
  if (event.deadline() != tmi::CLUE_DEADLINE_UNSPECIFIED) {
    object["deadline"] = Short(tmi::ClueDeadline_Name(event.deadline()), "CLUE_DEADLINE_");
  }
  if (event.result() != tmi::CLUE_RESULT_UNSPECIFIED) {
    object["result"] = Short(tmi::ClueResult_Name(event.result()), "CLUE_RESULT_");
  }
  return object;
}

std::string LineOf(const ClueWatch::Event& event) {
  const tmi::ClueFacts& clue = event.clue();
  std::string line =
      fmt::format("{}  {:20} {}  {} {}  shop {}", TimeText(event.decided_at()), ChangeName(event),
                  clue.clue_id(), GradeName(event), StateName(event), clue.licence());
  if (!clue.squad_id().empty()) line += "  squad " + clue.squad_id();
  if (event.result() != tmi::CLUE_RESULT_UNSPECIFIED) {
    line += "  " + Short(tmi::ClueResult_Name(event.result()), "CLUE_RESULT_");
  }
  if (event.has_due()) line += "  due " + TimeText(event.due());
  return line;
}

absl::StatusOr<tmi::WatchCluesRequest> RequestOf(const WatchArguments& arguments) {
  tmi::WatchCluesRequest request;
  for (const std::string& county : arguments.counties) request.add_county_codes(county);
  for (const std::string& squad : arguments.squads) request.mutable_filter()->add_squad_ids(squad);
  for (const std::string& name : arguments.grades) {
    tmi::ClueGrade grade;
    if (!tmi::ClueGrade_Parse("CLUE_GRADE_" + name, &grade)) {
      return absl::InvalidArgumentError(fmt::format("--grade {}: A, B or C is wanted", name));
    }
    request.mutable_filter()->add_grades(grade);
  }
  for (const std::string& name : arguments.states) {
    tmi::ClueState state;
    if (!tmi::ClueState_Parse("CLUE_STATE_" + name, &state)) {
      return absl::InvalidArgumentError(fmt::format("--state {}: a state like VERIFYING is wanted", name));
    }
    request.mutable_filter()->add_states(state);
  }
  if (arguments.token_file.empty()) return request;
  const auto kept = log::ReadWholeFile(arguments.token_file);
  if (absl::IsNotFound(kept.status())) return request;
  if (!kept.ok()) return kept.status();
  std::string token;
  if (!absl::Base64Unescape(absl::StripSuffix(*kept, "\n"), &token) || token.empty()) {
    return absl::InvalidArgumentError(fmt::format("{} holds no token", arguments.token_file));
  }
  request.set_resume_token(token);
  return request;
}

// Ends the watch when the process is asked to end. The signals must be blocked in all threads before.
class Ending {
 public:
  Ending(const sigset_t& signals, ClueWatch& watch)
      : thread_([this, signals, &watch] {
          const timespec look{0, 100'000'000};
          while (!over_) {
            if (sigtimedwait(&signals, nullptr, &look) > 0) return watch.Stop();
          }
        }) {}
  ~Ending() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

int Watch(const Globals& globals, const WatchArguments& arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Session session(globals);
  const auto request = RequestOf(arguments);
  if (!request.ok()) {
    session.Fail(request.status());
    return kUsage;
  }
  ClueWatch watch(globals.server, {globals.actor, globals.role, globals.unit}, *request);
  uint64_t printed = 0;
  ClueWatch::Handlers handlers;
  handlers.event = [&](const ClueWatch::Event& event) {
    fmt::print("{}\n", globals.json ? JsonOf(event).dump() : LineOf(event));
    std::fflush(stdout);
    return ++printed != arguments.count;
  };
  if (!arguments.token_file.empty()) {
    handlers.token = [&](const std::string& token) {
      return log::WriteFileDurably(arguments.token_file, absl::Base64Escape(token) + "\n");
    };
  }
  const Ending ending(signals, watch);
  const grpc::Status status =
      watch.Run(arguments.until_deadline ? absl::Now() + absl::Seconds(globals.deadline_seconds)
                                         : absl::InfiniteFuture(),
                handlers);
  return status.ok() ? kDone : session.Fail(status);
}

}  // namespace

void AddWatchCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  CLI::App* watch = app.add_subcommand("watch", "Prints what happens, as it happens");
  watch->require_subcommand(1);
  watch->fallthrough();
  CLI::App* clues = watch->add_subcommand(
      "clues", "The feed of clues: one line for each event, with --json one object a line");
  clues->fallthrough();
  clues->footer(
      "Example: sanyuanctl --role COUNTY_MANAGER --unit 620121 watch clues --county 620121 --grade A "
      "--token-file clues.token\n"
      "Goes on over restarts of the server until it is ended (exit 0), or until --deadline when that is "
      "given. "
      "With --token-file it goes on where an earlier watch ended: the token is written after the line, so a "
      "line "
      "may come twice after a crash between the two, but none is left out; journal_id, height and index of "
      "the JSON tell. The token is for the same counties and filter only.");
  const auto arguments = std::make_shared<WatchArguments>();
  clues->add_option("--county", arguments->counties, "County code; may be given several times")->required();
  clues->add_option("--squad", arguments->squads, "Only clues that are with this squad");
  clues->add_option("--grade", arguments->grades, "Only clues of this grade: A, B or C");
  clues->add_option("--state", arguments->states, "Only events after which the clue is in this state");
  clues->add_option("--token-file", arguments->token_file, "File that keeps the place for the next watch");
  clues->add_option("--count", arguments->count, "End after so many events; 0: never")->capture_default_str();
  clues->callback([arguments, &app, &globals, &run] {
    arguments->until_deadline = app.get_option("--deadline")->count() > 0;
    run = [arguments, &globals] { return Watch(globals, *arguments); };
  });
}

}  // namespace sanyuan::ctl
