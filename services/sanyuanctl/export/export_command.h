// `sanyuanctl export orders|allocations`: what was ordered and what was allocated, as CSV, one row a line.
#ifndef SANYUAN_SERVICES_SANYUANCTL_EXPORT_EXPORT_COMMAND_H_
#define SANYUAN_SERVICES_SANYUANCTL_EXPORT_EXPORT_COMMAND_H_

#include <functional>

#include "services/sanyuanctl/session.h"

namespace CLI {
class App;
}

namespace sanyuan::ctl {

void AddExportCommands(CLI::App& app, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_EXPORT_EXPORT_COMMAND_H_
