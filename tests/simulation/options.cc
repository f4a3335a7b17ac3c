#include "tests/simulation/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "tests/simulation/counter_scenario.h"
#include "tests/simulation/county_scenario.h"

namespace sanyuan::simulation {
namespace {

[[noreturn]] void Usage(std::string_view program, std::string_view wrong) {
  fmt::print(stderr,
             "{}: {}\n"
             "usage: {} [--world county|counter] [--rounds N] [--first SEED] [--threads N] [--only "
             "SAFEGUARD] [--trace]\n"
             "example: {} --rounds 1 --first 4711 --threads 1 --trace\n",
             program, wrong, program, program);
  std::exit(2);
}

}  // namespace

RunOptions ParseArguments(int argc, char** argv) {
  RunOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace") {
      options.trace = true;
      continue;
    }
    if (i + 1 == argc) Usage(argv[0], fmt::format("{} is unknown or wants a value", name));
    const std::string_view value = argv[++i];
    uint64_t number = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
    if (name == "--rounds" && is_number) {
      options.rounds = number;
    } else if (name == "--first" && is_number) {
      options.first = number;
    } else if (name == "--threads" && is_number && number >= 1 && number <= 64) {
      options.threads = static_cast<int>(number);
    } else if (name == "--world" && (value == "counter" || value == "county")) {
      options.world = value;
    } else if (name == "--only") {
      options.only = value;
    } else {
      Usage(argv[0], fmt::format("{} {} is not understood", name, value));
    }
  }
  return options;
}

NewScenario ScenarioOf(const RunOptions& options) {
  if (options.world == "counter") return [] { return std::make_unique<CounterScenario>(); };
  return [] { return std::make_unique<CountyScenario>(); };
}

}  // namespace sanyuan::simulation
