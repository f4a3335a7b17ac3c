// What people of the two counties ask in a round: the county office, retailers, account managers, the supply
// department and the bank.
// Thread safety: none.
#ifndef SANYUAN_TESTS_SIMULATION_COUNTY_SCRIPT_H_
#define SANYUAN_TESTS_SIMULATION_COUNTY_SCRIPT_H_

#include <vector>

#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

// At least 100 commands; each depends on earlier ones only.
std::vector<Ask> NewCountyScript(Random& random);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_COUNTY_SCRIPT_H_
