// `sanyuanctl watch clues`: prints what happens to clues, one line for each event.
#ifndef SANYUAN_SERVICES_SANYUANCTL_WATCH_COMMANDS_H_
#define SANYUAN_SERVICES_SANYUANCTL_WATCH_COMMANDS_H_

#include <functional>

namespace CLI {
class App;
}

namespace sanyuan::ctl {

struct Globals;

// Adds the commands to the app; the one that is called sets `run`, which gives the exit code.
void AddWatchCommands(CLI::App& app, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_WATCH_COMMANDS_H_
