// `sanyuanctl explain --order ID`: why the lines of an order got what they got, in Chinese and English.
#ifndef SANYUAN_SERVICES_SANYUANCTL_EXPLAIN_COMMAND_H_
#define SANYUAN_SERVICES_SANYUANCTL_EXPLAIN_COMMAND_H_

#include <functional>

#include "services/sanyuanctl/session.h"

namespace CLI {
class App;
}

namespace sanyuan::ctl {

void AddExplainCommand(CLI::App& app, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_EXPLAIN_COMMAND_H_
