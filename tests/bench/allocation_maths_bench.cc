// How long one tight SKU takes for all shops of an order day, below every other layer: water-filling with
// given tie keys, and the whole with keys drawn and an explanation for every line, recomputed from it.
// Prints one row per case with the median, the fastest and the slowest run.
//
//   allocation_maths_bench [--shops N] [--runs N]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/allocation/domain/maths/tie_key.h"
#include "services/allocation/domain/maths/water_filling.h"

namespace sanyuan::allocation {
namespace {

constexpr std::string_view kSecret = "the secret of a benchmark, 32 B.";

struct Shops {
  std::vector<std::string> licences;
  std::vector<int64_t> requests;
  std::vector<int32_t> weights;
  int64_t supply = 0;
};

// Requests of 0 to 60 cartons, most of them small, and a third of what is asked for.
Shops MakeShops(size_t number, int32_t largest_weight) {
  std::mt19937_64 random(7);
  Shops shops;
  int64_t demand = 0;
  for (size_t i = 0; i < number; ++i) {
    shops.licences.push_back("620121" + std::to_string(100000 + i));
    shops.requests.push_back(static_cast<int64_t>(random() % 61 * (random() % 61) / 60));
    shops.weights.push_back(static_cast<int32_t>(1 + random() % static_cast<uint64_t>(largest_weight)));
    demand += shops.requests.back();
  }
  shops.supply = demand / 3;
  return shops;
}

std::vector<TieKey> DrawKeys(const Shops& shops) {
  absl::StatusOr<TieKeys> source = TieKeys::Create(kSecret, "2026-W03", "6901028075831");
  if (!source.ok()) std::abort();
  std::vector<TieKey> keys;
  keys.reserve(shops.licences.size());
  for (const std::string& licence : shops.licences) keys.push_back(source->Of(licence));
  return keys;
}

// What a published line says, beside the Level that all lines share.
struct Explanation {
  int64_t request;
  int64_t cartons;
  int32_t weight;
  bool tied;
  TieKey key;
};

void Share(const Shops& shops, const std::vector<TieKey>& keys, std::vector<int64_t>& cartons, Level& level) {
  absl::StatusOr<Level> result = WaterFill(FillRule{Divisor::kWebster, true}, shops.supply, shops.requests,
                                           shops.weights, keys, absl::MakeSpan(cartons));
  if (!result.ok() || !result->limited) std::abort();
  level = *result;
}

void ShareAndExplain(const Shops& shops, std::vector<int64_t>& cartons, std::vector<Explanation>& lines) {
  const std::vector<TieKey> keys = DrawKeys(shops);
  Level level;
  Share(shops, keys, cartons, level);
  lines.clear();
  for (size_t i = 0; i < keys.size(); ++i) {
    lines.push_back({shops.requests[i], cartons[i], shops.weights[i],
                     IsTied(level, shops.requests[i], shops.weights[i]), keys[i]});
    const Explanation& line = lines.back();
    if (CartonsAt(level, line.request, line.weight, line.key) != line.cartons) std::abort();
  }
}

void Row(const std::string& name, int runs, const std::function<void()>& work) {
  std::vector<double> milliseconds;
  work();
  for (int run = 0; run < runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    milliseconds.push_back(took.count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  std::printf("%-58s %9.3f %9.3f %9.3f\n", name.c_str(), milliseconds[milliseconds.size() / 2],
              milliseconds.front(), milliseconds.back());
}

void Run(size_t number, int runs) {
  std::printf("%zu shops, one SKU, %d runs%24s %9s %9s %9s\n", number, runs, "", "median ms", "min ms",
              "max ms");
  for (const int32_t largest_weight : {1, 6, 1000}) {
    const Shops shops = MakeShops(number, largest_weight);
    const std::vector<TieKey> keys = DrawKeys(shops);
    std::vector<int64_t> cartons(number);
    std::vector<Explanation> lines;
    lines.reserve(number);
    Level level;
    const std::string weights = "weights 1.." + std::to_string(largest_weight);
    Row(weights + ", tie keys given", runs, [&] { Share(shops, keys, cartons, level); });
    Row(weights + ", keys drawn, lines explained, recomputed", runs,
        [&] { ShareAndExplain(shops, cartons, lines); });
  }
}

}  // namespace
}  // namespace sanyuan::allocation

int main(int argc, char** argv) {
  size_t shops = 26'000;
  int runs = 51;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--shops") shops = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--runs") runs = std::max(1, std::atoi(argv[i + 1]));
  }
  sanyuan::allocation::Run(shops, runs);
  return 0;
}
