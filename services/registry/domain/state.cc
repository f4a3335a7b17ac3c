#include "services/registry/domain/state.h"

#include "common/state/table_rows.h"

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

namespace sanyuan {
template class state::Table<registry::CodeKey, registry::CountyRow>;
template class state::Table<registry::CodeKey, registry::UnitRow>;
template class state::Table<registry::CodeKey, registry::PriceClassRow>;
template class state::Table<registry::CodeKey, registry::SkuRow>;
template class state::Table<registry::LocalKey, registry::UnitRow>;
template class state::Table<registry::LocalKey, registry::StaffRow>;
template class state::Table<registry::LocalKey, registry::StaffPrivateRow>;
template class state::Table<registry::LocalKey, registry::RouteRow>;
template class state::Table<registry::LocalKey, registry::RetailerRow>;
template class state::Table<registry::LocalKey, registry::RetailerPrivateRow>;
template class state::Table<registry::ProposalKey, registry::ProposalRow>;
template class state::Table<registry::ProposalKey, registry::ProposalPrivateRow>;
}  // namespace sanyuan
