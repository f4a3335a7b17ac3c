#include "services/sanyuan/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "services/sanyuan/logging.h"
#include "services/sanyuan/serve.h"
#include "services/sanyuan/settings.h"

namespace sanyuan {
int Run(const Program& program, int argc, char** argv) {
  CLI::App app(program.description, program.name);
  app.set_version_flag("--version", SANYUAN_VERSION);
  app.require_subcommand(1);
  ServeOptions options;
  CLI::App* serve = app.add_subcommand("serve", fmt::format("Serves {}", program.serves));
  serve->footer(
      fmt::format("Example: {} serve --data /var/lib/sanyuan{} --listen 127.0.0.1:7620 --ops "
                  "127.0.0.1:7621 --dev\nEach flag can also be given as a variable of the environment: "
                  "--topic-prefix is SANYUAN_TOPIC_PREFIX.",
                  program.name, program.alone ? " --kafka 127.0.0.1:9092 --single-copy" : ""));
  AddSettings(*serve, options);
  if (program.alone) serve->get_option("--kafka")->required();
  if (const auto unknown = UnknownVariable(*serve, environ)) {
    fmt::print(stderr, "{}: no setting of this program has that name (see {} serve --help)\n", *unknown,
               program.name);
    return kUsageError;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  LogAsJson();
  options.program = program.name;
  return Serve(options, program.modules(options));
}

}  // namespace sanyuan
