// Short forms for building refusals.
#ifndef SANYUAN_COMMON_REFERENCE_REFUSALS_H_
#define SANYUAN_COMMON_REFERENCE_REFUSALS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::reference {

using Refusals = std::vector<common::v1::Refusal>;

// Characters by which a policy or a calendar may name the document that it follows.
inline constexpr size_t kMaxDocumentLength = 500;

// Appends a refusal and returns it, so that a limit and a value can be added.
inline common::v1::Refusal& Refuse(Refusals& refusals, common::v1::Reason reason, std::string field,
                                   std::string detail = {}) {
  common::v1::Refusal& refusal = refusals.emplace_back();
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_detail(std::move(detail));
  return refusal;
}

// INVALID_FIELD with the limit that `value` went past, unless it lies in [min, max].
inline void CheckRange(int64_t value, int64_t min, int64_t max, std::string field, Refusals& refusals) {
  if (value >= min && value <= max) return;
  common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_INVALID_FIELD, std::move(field));
  refusal.set_limit(value < min ? min : max);
  refusal.set_value(value);
}

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_REFUSALS_H_
