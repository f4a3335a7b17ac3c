// `sanyuanctl journal release`, `journal skip` and `format raise`: what operators decide about journals, which then stands in
// them.
#ifndef SANYUAN_SERVICES_SANYUANCTL_MENDING_COMMANDS_H_
#define SANYUAN_SERVICES_SANYUANCTL_MENDING_COMMANDS_H_

#include <functional>

namespace CLI {
class App;
}

namespace sanyuan::ctl {

struct Globals;

// Adds the commands to the app and to its `journal`; the one that is called sets `run`, which gives the exit code.
void AddMendingCommands(CLI::App& app, CLI::App& journal, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_MENDING_COMMANDS_H_
