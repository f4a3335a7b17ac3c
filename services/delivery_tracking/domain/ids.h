// Keys and ids of runs and stops. Both ids can be read: county, delivery date, route, number of the run on
// that route and day, number of the stop. They derive from what they name, so planning again gives the same.
// Plain values, any thread.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_IDS_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_IDS_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/state/code.h"
#include "services/delivery_tracking/domain/business_time.h"

namespace sanyuan::delivery_tracking {

struct RunKey {
  County county = 0;
  Date date = 0;
  Code route;
  int32_t number = 0;  // From 1 on.

  auto operator<=>(const RunKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.date, self.route, self.number); }
};

struct StopKey {
  County county = 0;
  Date date = 0;
  Code route;
  int32_t run_number = 0;
  int32_t number = 0;  // From 1 on; 0 stands for the run as a whole.

  RunKey run() const { return {county, date, route, run_number}; }
  auto operator<=>(const StopKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.date, self.route, self.run_number, self.number);
  }
};

inline StopKey StopOf(const RunKey& run, int32_t number) {
  return {run.county, run.date, run.route, run.number, number};
}

// "620121-20190806-R05-1"
std::string IdText(const RunKey& run);
// "620121-20190806-R05-1-0012"
std::string IdText(const StopKey& stop);
// nullopt unless `text` is exactly the id of one run (stop) of `county`.
std::optional<RunKey> ParseRunId(County county, std::string_view text);
std::optional<StopKey> ParseStopId(County county, std::string_view text);
// The same for ids of any county, as events carry them.
std::optional<RunKey> ParseRunId(std::string_view text);
std::optional<StopKey> ParseStopId(std::string_view text);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_IDS_H_
