// `sanyuanctl import iowa-sales`.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IOWA_IOWA_COMMAND_H_
#define SANYUAN_SERVICES_SANYUANCTL_IOWA_IOWA_COMMAND_H_

#include <functional>

namespace CLI {
class App;
}

namespace sanyuan::ctl {

struct Globals;

// Adds it to `import`. The chosen command is put into `run`, which gives the exit code.
void AddIowaCommand(CLI::App& import, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_IOWA_IOWA_COMMAND_H_
