// Retailers who change their minds: a load of any size while a window is open, which leaves every order within what it
// first asked for.
// Throws ctl::Unexpected. Not thread-safe; it has threads of its own.
#ifndef SANYUAN_TESTS_CHAOS_WORKLOAD_AMENDMENTS_H_
#define SANYUAN_TESTS_CHAOS_WORKLOAD_AMENDMENTS_H_

#include <cstdint>
#include <functional>

#include "services/sanyuanctl/client/client.h"

namespace sanyuan::chaos {

struct AmendmentFigures {
  int64_t amended = 0;
  int64_t refused = 0;
  int64_t abandoned = 0;  // Sent, and nobody waited for the answer.
};

// Every order of the window again and again, one call after the other for each order and orders side by side, until
// `enough` says so of the amendments so far. One of a hundred goes out through `hasty`, which has no patience.
AmendmentFigures Amend(ctl::Client& client, ctl::Client& hasty, const std::function<bool(int64_t)>& enough);

}  // namespace sanyuan::chaos

#endif  // SANYUAN_TESTS_CHAOS_WORKLOAD_AMENDMENTS_H_
