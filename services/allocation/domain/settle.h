// What became of offers (invariants 16 and 24): order intake takes a line or returns it, a void gives taken
// cartons back. Each carton of a window is free, offered, taken or rolled on, and what returns comes back once.
// A line that was returned can take no more than order intake said, and less than it was just offered, so that
// compensating runs come to an end. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_SETTLE_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_SETTLE_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// What a line, or all lines of a shop of one SKU, can still take. REQUIRES: a row of the window's own run.
int64_t LineCanTake(const RunResult::Order& order, const RunResult::Line& line);
int64_t ShopCanTake(const RunResult& result, uint16_t sku);
// What the shop holds of the SKU, offered or taken, of all runs.
int64_t ShopHolds(const RunResult& result, uint16_t sku);

// Adds the offers of a compensating run to the holdings in the rows of the window's own run, and takes them off
// what its lines wait for.
void AddToHoldings(State& state, const RunKey& run);

absl::Status Evolve(State& state, const v1::OffersSettled& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::CartonsFreed& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_SETTLE_H_
