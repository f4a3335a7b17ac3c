#include "services/registry/domain/state.h"

namespace sanyuan::registry {

std::optional<County> CheckCountyCode(const State& state, const std::string& county_code,
                                      Refusals& refusals) {
  const std::optional<County> county = county_code.size() == 6 ? CountyOfId(county_code) : std::nullopt;
  if (!county) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "county_code");
    return std::nullopt;
  }
  if (!state.counties.Contains({Code(county_code)})) {
    Refuse(refusals, common::v1::REASON_COUNTY_UNKNOWN, "county_code", county_code);
    return std::nullopt;
  }
  return county;
}

std::optional<LocalKey> KeyOf(County county, std::string_view code) {
  const std::optional<Code> parsed = Code::Parse(code);
  if (!parsed) return std::nullopt;
  return LocalKey{county, *parsed};
}

}  // namespace sanyuan::registry
