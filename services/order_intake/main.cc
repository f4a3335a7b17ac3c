// The order intake service in a process of its own.
#include "services/order_intake/module.h"
#include "services/sanyuan/program.h"

int main(int argc, char** argv) {
  return sanyuan::Run(
      {"sanyuan-order-intake", "Sanyuan: retailers' orders, rooms and payments", "order intake alone", true,
       [](const sanyuan::ServeOptions&) { return std::vector{sanyuan::order_intake::NewModule()}; }},
      argc, argv);
}
