// The frame of a server program, whichever modules it serves.
#ifndef SANYUAN_SERVICES_SANYUAN_PROGRAM_H_
#define SANYUAN_SERVICES_SANYUAN_PROGRAM_H_

#include <functional>
#include <string>
#include <vector>

#include "common/rpc/module.h"
#include "services/sanyuan/options.h"

namespace sanyuan {

struct Program {
  std::string name;         // "sanyuan-order-intake"
  std::string description;  // For --help.
  std::string serves;       // "order intake alone", "all services"
  bool alone = true;        // Serves some modules only: the others are on Kafka.
  std::function<std::vector<rpc::Module>(const ServeOptions& options)> modules;
};

// For main. The exit code: as of Serve.
int Run(const Program& program, int argc, char** argv);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_PROGRAM_H_
