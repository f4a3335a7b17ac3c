// `sanyuanctl journal reshard`: the journals with another number of partitions. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_RESHARD_COMMAND_H_
#define SANYUAN_SERVICES_SANYUANCTL_RESHARD_COMMAND_H_

#include <functional>

namespace CLI {
class App;
}

namespace sanyuan::ctl {

struct Globals;

// Adds the command to the app's `journal`; when it is called it sets `run`, which gives the exit code.
void AddReshardCommand(CLI::App& journal, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_RESHARD_COMMAND_H_
