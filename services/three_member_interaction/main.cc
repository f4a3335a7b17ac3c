// The three-member interaction service in a process of its own.
#include "services/sanyuan/program.h"
#include "services/three_member_interaction/module.h"

int main(int argc, char** argv) {
  return sanyuan::Run(
      {"sanyuan-three-member-interaction", "Sanyuan: clues, verification, inspections and tickets",
       "three-member interaction alone", true,
       [](const sanyuan::ServeOptions&) {
         return std::vector{sanyuan::three_member_interaction::NewModule()};
       }},
      argc, argv);
}
