// All services in one process.
#include "services/sanyuan/contexts.h"
#include "services/sanyuan/program.h"

int main(int argc, char** argv) {
  return sanyuan::Run(
      {"sanyuan", "Sanyuan: orders, fair shares, deliveries and mutual checks of a tobacco monopoly's county",
       "all services in one process", false, sanyuan::AllModules},
      argc, argv);
}
