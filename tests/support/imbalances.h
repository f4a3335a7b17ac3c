// Whether the rows of allocation balance, at any moment: every carton that was confirmed is somewhere once.
#ifndef SANYUAN_TESTS_SUPPORT_IMBALANCES_H_
#define SANYUAN_TESTS_SUPPORT_IMBALANCES_H_

#include <string>
#include <vector>

#include "services/allocation/domain/state.h"

namespace sanyuan::testing {

// Everything that the rows say against conservation and the limits of lines; empty when all is well:
//   per SKU and window released = free + offered + taken + rolled, per SKU and month
//   confirmed = reserve + unreleased + what windows have; nothing is negative;
//   no line is offered or holds more than was asked for; of published runs lines hold what their windows say.
std::vector<std::string> Imbalances(const allocation::State& rows);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_IMBALANCES_H_
