// What must be true of goods and allowances when all is quiet and nothing was damaged: of the counties of one partition,
// whose offers are all answered. Everything is added up from the events of the two journals, and compared with each
// other and with the rows.
// Thread safety: none.
#ifndef SANYUAN_TESTS_SUPPORT_GOODS_CHECKS_H_
#define SANYUAN_TESTS_SUPPORT_GOODS_CHECKS_H_

#include <string>
#include <vector>

#include "services/allocation/domain/state.h"
#include "services/order_intake/domain/state.h"
#include "tests/support/journaled.h"

namespace sanyuan::testing {

// What is wrong, or empty:
//   supply: confirmed = reserve + unreleased + free + offered + taken, per SKU and month; nothing is negative;
//   runs: each is computed from what it set aside, gives out no more than that, and every line of its pages is
//     what its explanation says;
//   offers: each is answered once, and both contexts hold the same of each line;
//   allowances, where there are any: never negative, never over the ceiling, and what is reserved and consumed is what
//     the lines say.
// A journal is all its decisions in order; a state is what they fold to.
std::string CheckGoods(const order_intake::State& orders, const std::vector<Journaled>& intake_journal,
                       const allocation::State& allocation, const std::vector<Journaled>& allocation_journal);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_GOODS_CHECKS_H_
