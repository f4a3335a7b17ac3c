// Prints the settings as the table of SETTINGS.md.
#include <fmt/format.h>

#include "services/sanyuan/settings.h"

int main() {
  sanyuan::ServeOptions options;
  CLI::App serve;
  sanyuan::AddSettings(serve, options);
  fmt::print(
      "# Settings of the server programs\n\n"
      "Made by `build/release/bin/settings_table`. A flag wins over its variable.\n\n"
      "| flag | variable | what it is | without it |\n|---|---|---|---|\n");
  for (const CLI::Option* option : serve.get_options()) {
    if (option->get_envname().empty()) continue;
    fmt::print("| `{}` | `{}` | {} | {} |\n", option->get_name(), option->get_envname(),
               option->get_description(),
               option->get_required() ? "must be given" : option->get_default_str());
  }
}
