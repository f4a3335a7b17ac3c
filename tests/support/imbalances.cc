#include "tests/support/imbalances.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace sanyuan::testing {

std::vector<std::string> Imbalances(const allocation::State& rows) {
  std::vector<std::string> found;
  std::map<allocation::SupplyKey, int64_t> in_windows;
  rows.window_supplies.ForEach([&](const allocation::WindowSkuKey& key, const allocation::WindowSupply& row) {
    if (row.released != row.free + row.offered + row.taken + row.rolled || row.free < 0 || row.offered < 0 ||
        row.taken < 0 || row.waiting < 0) {
      found.push_back(fmt::format("{} {}: released {} free {} offered {} taken {} rolled {} waiting {}",
                                  WindowText(key.window()), key.sku.view(), row.released, row.free,
                                  row.offered, row.taken, row.rolled, row.waiting));
    }
    in_windows[{key.county, MonthOf(key.window()), key.sku}] += row.free + row.offered + row.taken;
  });
  rows.supplies.ForEach([&](const allocation::SupplyKey& key, const allocation::Supply& row) {
    if (row.confirmed != row.reserve() + row.unreleased() + in_windows[key] || row.unreleased() < 0 ||
        row.reserve() < 0) {
      found.push_back(fmt::format("{} {}: confirmed {} reserve {} unreleased {} in windows {}",
                                  allocation::MonthText(key.month), key.sku.view(), row.confirmed,
                                  row.reserve(), row.unreleased(), in_windows[key]));
    }
  });
  // What windows say is offered or taken is what the lines of shops hold.
  std::map<std::pair<allocation::WindowKey, Code>, int64_t> held;
  rows.results.ForEach([&](const allocation::RunLicenceKey& key, const allocation::RunResult& row) {
    const allocation::WindowKey window = key.run().window();
    for (const auto& order : row.orders) {
      for (const auto& line : order.lines) {
        if (line.offered < 0 || line.offered > line.requested || line.held < 0 ||
            line.held > line.requested) {
          found.push_back(fmt::format("{} {} line {}: requested {} offered {} held {}", key.licence.view(),
                                      order.id, line.line, line.requested, line.offered, line.held));
        }
        if (key.sequence == 0) held[{window, rows.window_skus.Find(window)->skus[line.sku]}] += line.held;
      }
    }
  });
  rows.window_supplies.ForEach([&](const allocation::WindowSkuKey& key, const allocation::WindowSupply& row) {
    const allocation::Run* run = rows.runs.Find({key.window(), 0});
    const bool published = run != nullptr && (run->state == allocation::v1::RUN_STATE_PUBLISHED ||
                                              run->state == allocation::v1::RUN_STATE_CLOSED);
    const int64_t shops = std::exchange(held[{key.window(), key.sku}], 0);
    if (published && shops != row.offered + row.taken) {
      found.push_back(fmt::format("{} {}: shops hold {}, offered {} taken {}", WindowText(key.window()),
                                  key.sku.view(), shops, row.offered, row.taken));
    }
  });
  for (const auto& [key, cartons] : held) {
    if (cartons != 0) {
      found.push_back(fmt::format("{} {}: shops hold {} and there is no supply", WindowText(key.first),
                                  key.second.view(), cartons));
    }
  }
  return found;
}

}  // namespace sanyuan::testing
