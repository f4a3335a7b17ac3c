// The command line of Sanyuan: a list of its commands.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "services/sanyuanctl/demo/demo_day.h"
#include "services/sanyuanctl/explain_command.h"
#include "services/sanyuanctl/export/export_command.h"
#include "services/sanyuanctl/import/import_command.h"
#include "services/sanyuanctl/iowa/iowa_command.h"
#include "services/sanyuanctl/journal_commands.h"
#include "services/sanyuanctl/key_commands.h"
#include "services/sanyuanctl/session.h"
#include "services/sanyuanctl/topic_commands.h"
#include "services/sanyuanctl/watch_commands.h"

int main(int argc, char** argv) {
  // Standard output is for answers.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("sanyuanctl"));
  CLI::App app("Asks and drives a Sanyuan server");
  app.set_version_flag("--version", SANYUAN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  sanyuan::ctl::Globals globals;
  app.add_option("--server", globals.server, "HOST:PORT of the server's gRPC")->capture_default_str();
  app.add_flag("--json", globals.json, "One JSON object on stdout");
  app.add_option("--deadline", globals.deadline_seconds, "Seconds to try for")->capture_default_str();
  app.add_option("--as", globals.actor, "Id of the caller, with a server in development mode")
      ->capture_default_str();
  app.add_option("--role", globals.role, "Role of the caller")->capture_default_str();
  app.add_option("--unit", globals.unit, "Unit of the caller: the start of a county code");
  app.footer("Exit codes: 0 done, 1 a check failed, 2 usage, 3 refused, 4 unavailable");
  std::function<int()> run;
  sanyuan::ctl::AddJournalCommands(app, globals, run);
  sanyuan::ctl::AddTopicCommands(app, globals, run);
  sanyuan::ctl::AddKeyCommands(app, globals, run);
  sanyuan::ctl::AddDemoCommands(app, globals, run);
  sanyuan::ctl::AddExportCommands(app, globals, run);
  sanyuan::ctl::AddExplainCommand(app, globals, run);
  sanyuan::ctl::AddWatchCommands(app, globals, run);
  CLI::App& import = sanyuan::ctl::AddImportCommands(app, globals, run);
  sanyuan::ctl::AddIowaCommand(import, globals, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : sanyuan::ctl::kUsage;
  }
  return run();
}
