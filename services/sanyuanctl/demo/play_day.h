// One order cycle of Yongdeng, played through whatever transport the client has: from reference data and agreements
// to reconciled deliveries and closed clues.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_PLAY_DAY_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_PLAY_DAY_H_

#include <cstdint>
#include <functional>

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/summary.h"

namespace sanyuan::ctl::demo {

struct DayOptions {
  int retailers = 2200;  // 25 to 3000.
  uint64_t seed = 7;
};

// All are called on the thread that plays. REQUIRES: all but the last are set.
struct DayListener {
  std::function<void(const char* stage)> stage;  // What begins now, for people.
  std::function<void()> staffed;  // The county and its staff are known; nothing has happened yet.
  std::function<void()> ordered;  // Who wanted to has ordered; the window is still open.
};

// On an empty server with a simulated clock. Fills in all but Summary::feed and seconds. Throws Unexpected.
Summary PlayDay(Client& client, const DayOptions& options, const DayListener& listener);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_PLAY_DAY_H_
