#include "services/allocation/domain/maths/ranges.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace sanyuan::allocation {

absl::Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(field), " is ", value, ", not within ", low, " to ", high));
}

}  // namespace sanyuan::allocation
