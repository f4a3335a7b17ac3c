// Prints proto/ACCESS.md: which role may call which RPC, read from the contracts. ctest compares.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "tests/unit/rpc/all_methods.h"

namespace sanyuan::rpc {
namespace {

constexpr char kHead[] = R"(# Who may call what

Made from the method options of the contracts by `build/release/bin/access_table >proto/ACCESS.md`; a test compares.
Everybody is held to their own unit: a caller of unit 6201 reaches the counties whose codes begin so. Roles under
"recorded" are refused too, but by the decider, which puts on record who tried what the six prohibitions forbid (R86, R90).
)";

template <typename Roles>
std::string Names(const Roles& roles) {
  std::string names;
  for (const int role : roles) {
    if (!names.empty()) names += ", ";
    // Without "ROLE_", as words.
    for (const char c : common::v1::Role_Name(static_cast<common::v1::Role>(role)).substr(5)) {
      names += c == '_' ? ' ' : static_cast<char>(std::tolower(c));
    }
  }
  return names;
}

void Print() {
  fmt::print("{}", kHead);
  std::string service;
  const MethodTable table = AllMethods();
  for (const auto& [path, method] : table.methods()) {
    const size_t slash = path.rfind('/');
    if (const std::string own = path.substr(1, slash - 1); own != service) {
      service = own;
      fmt::print("\n## {}\n\n| RPC | roles | recorded |\n|---|---|---|\n", service);
    }
    fmt::print("| {} | {} | {} |\n", path.substr(slash + 1), Names(method.access.allowed()),
               Names(method.access.recorded()));
  }
}

}  // namespace
}  // namespace sanyuan::rpc

int main() { sanyuan::rpc::Print(); }
