// The registry service in a process of its own.
#include "services/registry/module.h"
#include "services/sanyuan/program.h"

int main(int argc, char** argv) {
  return sanyuan::Run(
      {"sanyuan-registry", "Sanyuan: shops, staff, routes, policies and the calendar", "registry alone", true,
       [](const sanyuan::ServeOptions&) { return std::vector{sanyuan::registry::NewModule()}; }},
      argc, argv);
}
