// How licences and SKU codes look is data (FormatPolicy): a code is a row of segments. Pure, any thread.
#ifndef SANYUAN_COMMON_REFERENCE_FORMATS_H_
#define SANYUAN_COMMON_REFERENCE_FORMATS_H_

#include <string_view>

#include "common/reference/refusals.h"
#include "common/state/code.h"
#include "sanyuan/registry/v1/policy.pb.h"

namespace sanyuan::reference {

// False for every text when the format is not one that CheckFormat lets through. `county` is where the thing is
// registered, 0 for what belongs to no county.
bool Fits(std::string_view text, const registry::v1::CodeFormat& format, County county);

bool FitsLicence(std::string_view text, const registry::v1::FormatPolicy& policy, County county);
bool FitsSku(std::string_view text, const registry::v1::FormatPolicy& policy);

// Appends what is wrong with a policy's formats: no segments, more than 15 characters, a range of lengths
// anywhere but at the end, values of different lengths, characters that codes can't have.
void CheckFormats(const registry::v1::FormatPolicy& policy, const std::string& path, Refusals& refusals);

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_FORMATS_H_
