// The delivery tracking service in a process of its own.
#include "services/delivery_tracking/module.h"
#include "services/sanyuan/program.h"

int main(int argc, char** argv) {
  return sanyuan::Run(
      {"sanyuan-delivery-tracking", "Sanyuan: each carton on its way to the shop", "delivery tracking alone",
       true,
       [](const sanyuan::ServeOptions&) { return std::vector{sanyuan::delivery_tracking::NewModule()}; }},
      argc, argv);
}
