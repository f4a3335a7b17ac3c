#include "services/registry/domain/region.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_INVALID_FIELD;

void CheckCounty(const v1::County& county, const std::string& path, Refusals& refusals) {
  if (county.code().size() != 6 || !CountyOfId(county.code())) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".code");
  }
  if (county.name_zh().empty() && county.name_en().empty()) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".name_zh");
  }
  CheckLength(county.name_zh(), kMaxNameLength, path + ".name_zh", refusals);
  CheckLength(county.name_en(), kMaxNameLength, path + ".name_en", refusals);
  CheckCode(county.prefecture_code(), true, path + ".prefecture_code", refusals);
  CheckLength(county.prefecture_zh(), kMaxNameLength, path + ".prefecture_zh", refusals);
  CheckLength(county.prefecture_en(), kMaxNameLength, path + ".prefecture_en", refusals);
}

bool IsReferenceLevel(v1::UnitLevel level) {
  return level >= v1::UNIT_LEVEL_NATION && level <= v1::UNIT_LEVEL_COUNTY;
}

}  // namespace

v1::County CountyOf(const CodeKey& key, const CountyRow& row) {
  v1::County county;
  county.set_code(key.code.str());
  county.set_name_zh(row.name_zh);
  county.set_name_en(row.name_en);
  county.set_prefecture_code(row.prefecture_code);
  county.set_prefecture_zh(row.prefecture_zh);
  county.set_prefecture_en(row.prefecture_en);
  return county;
}

Outcome DecideRegisterCounties(const ReferenceState& state, const v1::RegisterCountiesRequest& request,
                               const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.counties_size(), "counties", outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::RegisterCountiesResponse>();
  JudgeBatch<v1::County>(
      request.counties(), "counties", *response->mutable_result(),
      [](const v1::County& county) { return county.code(); },
      [&](const v1::County& county) -> std::optional<v1::County> {
        const std::optional<Code> code = Code::Parse(county.code());
        const CountyRow* row = code ? state.counties.Find({*code}) : nullptr;
        if (row == nullptr) return std::nullopt;
        return CountyOf({*code}, *row);
      },
      CheckCounty,
      [&](const v1::County& county) {
        auto event = std::make_unique<v1::ReferenceEvent>();
        *event->mutable_county_registered()->mutable_county() = county;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "counties");
}

absl::Status Evolve(ReferenceState& state, const v1::CountyRegistered& event, const Stamp& /*stamp*/) {
  const v1::County& county = event.county();
  const std::optional<Code> code = Code::Parse(county.code());
  if (!code) return absl::InvalidArgumentError("a county without a code");
  state.counties.Put({*code}, {county.name_zh(), county.name_en(), county.prefecture_code(),
                               county.prefecture_zh(), county.prefecture_en()});
  return absl::OkStatus();
}

Outcome DecideRegisterReferenceUnits(const ReferenceState& state,
                                     const v1::RegisterReferenceUnitsRequest& request,
                                     const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.units_size(), "units", outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::RegisterReferenceUnitsResponse>();
  std::map<std::string, v1::UnitLevel> earlier;
  const auto level_of = [&](const std::string& unit_id) -> std::optional<v1::UnitLevel> {
    if (const auto it = earlier.find(unit_id); it != earlier.end()) return it->second;
    const std::optional<Code> code = Code::Parse(unit_id);
    const UnitRow* row = code ? state.units.Find({*code}) : nullptr;
    if (row == nullptr) return std::nullopt;
    return row->level;
  };
  JudgeBatch<v1::OrgUnit>(
      request.units(), "units", *response->mutable_result(),
      [](const v1::OrgUnit& unit) { return unit.unit_id(); },
      [&](const v1::OrgUnit& unit) -> std::optional<v1::OrgUnit> {
        const std::optional<Code> code = Code::Parse(unit.unit_id());
        const UnitRow* row = code ? state.units.Find({*code}) : nullptr;
        if (row == nullptr) return std::nullopt;
        return UnitOf(unit.unit_id(), *row);
      },
      [&](const v1::OrgUnit& unit, const std::string& path, Refusals& refusals) {
        CheckUnit(unit, path, refusals);
        if (!IsReferenceLevel(unit.level())) Refuse(refusals, common::v1::REASON_UNIT_LEVEL, path + ".level");
        const bool is_top = unit.level() == v1::UNIT_LEVEL_NATION;
        const std::optional<v1::UnitLevel> parent = level_of(unit.parent_id());
        if (unit.parent_id().empty() != is_top) {
          Refuse(refusals, REASON_INVALID_FIELD, path + ".parent_id");
        } else if (!is_top && !parent) {
          Refuse(refusals, common::v1::REASON_ORG_UNKNOWN, path + ".parent_id", unit.parent_id());
        } else if (!is_top && *parent + 1 != unit.level()) {
          Refuse(refusals, common::v1::REASON_UNIT_LEVEL, path + ".parent_id");
        }
      },
      [&](const v1::OrgUnit& unit) {
        earlier.emplace(unit.unit_id(), unit.level());
        auto event = std::make_unique<v1::ReferenceEvent>();
        *event->mutable_reference_unit_registered()->mutable_unit() = unit;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "units");
}

absl::Status Evolve(ReferenceState& state, const v1::ReferenceUnitRegistered& event, const Stamp& /*stamp*/) {
  const std::optional<Code> code = Code::Parse(event.unit().unit_id());
  if (!code) return absl::InvalidArgumentError("a unit without an id");
  state.units.Put({*code}, UnitRowOf(event.unit()));
  return absl::OkStatus();
}

}  // namespace sanyuan::registry
