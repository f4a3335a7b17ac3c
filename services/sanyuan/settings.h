// The settings of every server program: one list, from which come the flags, the environment variables of the same names,
// --help and the table in README.md. A flag wins over its variable; secrets are in files, never in either.
#ifndef SANYUAN_SERVICES_SANYUAN_SETTINGS_H_
#define SANYUAN_SERVICES_SANYUAN_SETTINGS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "services/sanyuan/options.h"

namespace sanyuan {

// Adds all of them to a command; its values go to `options`, which outlives it. Settings that contradict each other, or
// have no effect without others, are errors of the parse.
void AddSettings(CLI::App& serve, ServeOptions& options);

// "--topic-prefix" is SANYUAN_TOPIC_PREFIX.
std::string VariableOf(const std::string& flag);

// A variable of the environment that looks like one of ours and is none: most likely a mistyped one. Those that tests and
// tools use, and those that Kubernetes makes of the names of services, are not meant.
std::optional<std::string> UnknownVariable(const CLI::App& serve, const char* const* environment);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_SETTINGS_H_
