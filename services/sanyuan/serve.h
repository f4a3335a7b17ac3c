// `serve` of every server program.
#ifndef SANYUAN_SERVICES_SANYUAN_SERVE_H_
#define SANYUAN_SERVICES_SANYUAN_SERVE_H_

#include <vector>

#include "common/rpc/module.h"
#include "services/sanyuan/options.h"

namespace sanyuan {

// Exit code for settings that are unknown or contradict each other.
inline constexpr int kUsageError = 2;

// Serves until SIGTERM or SIGINT, then drains. Prints one line of JSON with its addresses on stdout when it is
// ready; logs are JSON on stderr. Returns the exit code: 0 after an orderly end, 2 for settings that contradict
// each other, 1 for anything that keeps it from starting.
int Serve(const ServeOptions& options, std::vector<rpc::Module> modules);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_SERVE_H_
