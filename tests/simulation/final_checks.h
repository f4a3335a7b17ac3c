// What must be true when a round has become quiet.
#ifndef SANYUAN_TESTS_SIMULATION_FINAL_CHECKS_H_
#define SANYUAN_TESTS_SIMULATION_FINAL_CHECKS_H_

#include <cstddef>

namespace sanyuan::simulation {

struct World;

// Whether anything that survived shows that the context's log is damaged: its records by themselves, the state
// of a reader that has seen more, a published head or checkpoint, a cursor of another context.
// REQUIRES: an unsound fault has struck it.
bool DamageCanBeShown(World& world, size_t context);

// The first violation goes to the ledger.
void CheckFinally(World& world);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_FINAL_CHECKS_H_
