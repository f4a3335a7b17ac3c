// What must be true of goods and allowances when a round has become quiet and nothing was damaged. Everything is
// added up from the events of the two journals, and compared with each other and with the rows.
// Thread safety: none.
#ifndef SANYUAN_TESTS_SIMULATION_COUNTY_CHECKS_H_
#define SANYUAN_TESTS_SIMULATION_COUNTY_CHECKS_H_

#include <string>

#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

// What is wrong, or empty:
//   supply: confirmed = reserve + unreleased + free + offered + taken, per SKU and month; nothing is negative;
//   runs: each is computed from what it set aside, gives out no more than that, and every line of its pages is
//     what its explanation says;
//   offers: each is answered once, and both contexts hold the same of each line;
//   allowances: never negative, never over the ceiling, and what is reserved and consumed is what the lines say.
std::string CheckCounties(const Outcomes& outcomes);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_COUNTY_CHECKS_H_
