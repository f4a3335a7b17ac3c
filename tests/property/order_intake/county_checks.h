// What must be true of a county of order intake at any moment, recomputed from scratch: each check returns what
// it found wrong, and nothing when all is well.
#ifndef SANYUAN_TESTS_PROPERTY_ORDER_INTAKE_COUNTY_CHECKS_H_
#define SANYUAN_TESTS_PROPERTY_ORDER_INTAKE_COUNTY_CHECKS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/order_intake_county.h"

namespace sanyuan::testing {

using Findings = std::vector<std::string>;

// The ledger's sums are those of the orders' lines: reserved by lines without an answer, consumed by taken ones.
Findings CheckLedgerAgainstOrders(const order_intake::State& state);

// Over all decisions: every reserved carton is still reserved, was consumed or was released; every void frees
// what its debit had taken, once.
Findings CheckJournalConservation(const OrderIntakeCounty& county);

// ceiling - reserved - consumed of every ledger row.
std::map<order_intake::AllowanceKey, int64_t> Brackets(const order_intake::State& state);
// `ceiling_moved`: ceilings may have been lowered in between. Otherwise nobody's bracket falls below 0, and one
// that is there already does not fall further.
Findings CheckBrackets(const std::map<order_intake::AllowanceKey, int64_t>& before,
                       const std::map<order_intake::AllowanceKey, int64_t>& after, bool ceiling_moved);

// No order holds more than was asked for, per line; nobody who is recorded as silent has an order.
Findings CheckOrders(const order_intake::State& state);

// Cartons of a SKU in live orders of one retailer and window, against its cap.
Findings CheckCap(const order_intake::State& state, const Code& sku, int64_t cap);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_PROPERTY_ORDER_INTAKE_COUNTY_CHECKS_H_
