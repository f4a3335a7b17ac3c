// `sanyuanctl topics ...`: the topics in which Kafka keeps the journals.
#ifndef SANYUAN_SERVICES_SANYUANCTL_TOPIC_COMMANDS_H_
#define SANYUAN_SERVICES_SANYUANCTL_TOPIC_COMMANDS_H_

#include <functional>

namespace CLI {
class App;
}

namespace sanyuan::ctl {

struct Globals;

// Adds the commands to the app; the one that is called sets `run`, which gives the exit code.
void AddTopicCommands(CLI::App& app, const Globals& globals, std::function<int()>& run);

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_TOPIC_COMMANDS_H_
