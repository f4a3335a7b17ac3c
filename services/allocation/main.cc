// The allocation service in a process of its own.
#include "services/allocation/module.h"
#include "services/sanyuan/lottery_secrets.h"
#include "services/sanyuan/program.h"

int main(int argc, char** argv) {
  return sanyuan::Run(
      {"sanyuan-allocation", "Sanyuan: fair shares of scarce supply", "allocation alone", true,
       [](const sanyuan::ServeOptions& options) {
         return std::vector{sanyuan::allocation::NewModule(sanyuan::LotterySecrets(options))};
       }},
      argc, argv);
}
