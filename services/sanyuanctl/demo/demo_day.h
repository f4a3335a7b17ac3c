// `sanyuanctl demo day`: a whole order cycle of Yongdeng county through the public APIs of a server in development
// mode, from loading the county to reconciled deliveries, with a page that a manager understands.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_DEMO_DAY_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_DEMO_DAY_H_

#include <functional>

namespace CLI {
class App;
}

namespace sanyuan::ctl {

struct Globals;

// Adds `demo day`; when it is called it sets `run`, which gives the exit code: 1 when an equation does not hold.
void AddDemoCommands(CLI::App& app, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_DEMO_DAY_H_
