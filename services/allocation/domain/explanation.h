// Why a line got what it got, as numbers that anybody can check (R85, invariant 25). A record of a line and the
// level of its SKU are enough; nobody else's request is needed, and nothing of the state.
//
//   wanted = min(held + asked by the shop, max(cap, held), kMaxRequestCartons)
//   total  = all of `wanted` where there was enough, `held` where nothing was supplied,
//            CartonsAt(level, wanted, weight, tie key) otherwise
//   line   = total - held, less what earlier lines of the shop got, at most what the line asks for
//
// In a window's own run `held` is 0. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_EXPLANATION_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_EXPLANATION_H_

#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// What one shop wants of one SKU in one window, never more than kMaxRequestCartons.
int64_t Wanted(int64_t held, int64_t asked, std::optional<int64_t> cap);
int64_t ShareOf(v1::LineRule rule, const Level& level, int64_t wanted, int64_t held, int64_t weight,
                const TieKey& tie_key);
// What a line gets of what its shop gets.
int64_t LineOf(int64_t shop_gets, int64_t before, int64_t requested);

// The cartons that the record gives. InvalidArgument when it is not complete or not well formed.
absl::StatusOr<int64_t> Recompute(const v1::Explanation& explanation);

// The record of one line, from the rows of its run.
v1::Explanation ExplanationOf(const RunKey& key, const Run& run, const RunResult& result,
                              const RunResult::Order& order, const RunResult::Line& line, Code sku);

void ToMessage(const SkuLevel& level, int64_t supply, v1::SkuLevel* out);
absl::StatusOr<Level> FromMessage(const v1::SkuLevel& level);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_EXPLANATION_H_
