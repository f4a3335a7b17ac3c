// `sanyuanctl import KIND FILE...`: CSV files into the registry, with a report for every row that was refused.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IMPORT_IMPORT_COMMAND_H_
#define SANYUAN_SERVICES_SANYUANCTL_IMPORT_IMPORT_COMMAND_H_

#include <functional>

#include "services/sanyuanctl/session.h"

namespace CLI {
class App;
}

namespace sanyuan::ctl {

// The subcommand `import`, for further kinds. `globals` and `run` must outlive the app; `run` is what the chosen
// command does, and its exit code.
CLI::App& AddImportCommands(CLI::App& app, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_IMPORT_IMPORT_COMMAND_H_
