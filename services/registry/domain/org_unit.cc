#include "services/registry/domain/org_unit.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_ORG_UNKNOWN;
using common::v1::REASON_UNIT_LEVEL;

void CheckPlace(const v1::OrgUnit& unit, std::optional<v1::UnitLevel> parent, const std::string& path,
                Refusals& refusals) {
  if (unit.level() < v1::UNIT_LEVEL_DEPT || unit.level() > v1::UNIT_LEVEL_TRANSIT_POINT) {
    Refuse(refusals, REASON_UNIT_LEVEL, path + ".level");
  }
  if (!unit.parent_id().empty() && !parent) {
    Refuse(refusals, REASON_ORG_UNKNOWN, path + ".parent_id", unit.parent_id());
  }
  // An account manager's territory belongs to a customer service department.
  if (unit.level() == v1::UNIT_LEVEL_TERRITORY && parent != v1::UNIT_LEVEL_DEPT &&
      (parent || unit.parent_id().empty())) {
    Refuse(refusals, REASON_UNIT_LEVEL, path + ".parent_id");
  }
}

const UnitRow* FindUnit(const State& state, County county, const std::string& unit_id) {
  const std::optional<LocalKey> key = KeyOf(county, unit_id);
  return key ? state.units.Find(*key) : nullptr;
}

bool IsBelow(const State& state, County county, const std::string& unit_id, const std::string& above) {
  std::string at = unit_id;
  // The fold keeps the tree free of rings; the bound is for a state that was not made by it.
  for (int steps = 0; steps < 100 && !at.empty(); ++steps) {
    if (at == above) return true;
    const UnitRow* row = FindUnit(state, county, at);
    at = row != nullptr ? row->parent.str() : std::string();
  }
  return false;
}

absl::Status Put(State& state, const std::string& county_code, const v1::OrgUnit& unit) {
  const std::optional<County> county = CountyOfId(county_code);
  const std::optional<LocalKey> key = county ? KeyOf(*county, unit.unit_id()) : std::nullopt;
  if (!key) return absl::InvalidArgumentError("a unit without county or id");
  state.units.Put(*key, UnitRowOf(unit));
  return absl::OkStatus();
}

}  // namespace

Outcome DecideRegisterOrgUnits(const State& state, const v1::RegisterOrgUnitsRequest& request,
                               const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.units_size(), "units", outcome.refusals);
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::RegisterOrgUnitsResponse>();
  std::map<std::string, v1::UnitLevel> earlier;
  JudgeBatch<v1::OrgUnit>(
      request.units(), "units", *response->mutable_result(),
      [](const v1::OrgUnit& unit) { return unit.unit_id(); },
      [&](const v1::OrgUnit& unit) -> std::optional<v1::OrgUnit> {
        const UnitRow* row = FindUnit(state, *county, unit.unit_id());
        if (row == nullptr) return std::nullopt;
        return UnitOf(unit.unit_id(), *row);
      },
      [&](const v1::OrgUnit& unit, const std::string& path, Refusals& refusals) {
        CheckUnit(unit, path, refusals);
        std::optional<v1::UnitLevel> parent;
        if (const auto it = earlier.find(unit.parent_id()); it != earlier.end()) {
          parent = it->second;
        } else if (const UnitRow* row = FindUnit(state, *county, unit.parent_id()); row != nullptr) {
          parent = row->level;
        }
        CheckPlace(unit, parent, path, refusals);
      },
      [&](const v1::OrgUnit& unit) {
        earlier.emplace(unit.unit_id(), unit.level());
        auto event = std::make_unique<v1::Event>();
        event->mutable_org_unit_registered()->set_county_code(request.county_code());
        *event->mutable_org_unit_registered()->mutable_unit() = unit;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "units");
}

Outcome DecideChangeOrgUnit(const State& state, const v1::ChangeOrgUnitRequest& request,
                            const Stamp& /*stamp*/) {
  Outcome outcome;
  const v1::OrgUnit& unit = request.unit();
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  CheckUnit(unit, "unit", outcome.refusals);
  if (!county) return outcome;
  const UnitRow* row = FindUnit(state, *county, unit.unit_id());
  const UnitRow* parent = FindUnit(state, *county, unit.parent_id());
  CheckPlace(unit, parent != nullptr ? std::optional(parent->level) : std::nullopt, "unit", outcome.refusals);
  if (row == nullptr) {
    Refuse(outcome.refusals, REASON_ORG_UNKNOWN, "unit.unit_id", unit.unit_id());
  } else {
    if (row->level != unit.level()) Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "unit.level");
    if (IsBelow(state, *county, unit.parent_id(), unit.unit_id())) {
      Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "unit.parent_id", "below itself");
    }
  }
  if (outcome.refused()) return outcome;
  if (!reference::ChangedPaths(UnitOf(unit.unit_id(), *row), unit).empty()) {
    auto event = std::make_unique<v1::Event>();
    event->mutable_org_unit_changed()->set_county_code(request.county_code());
    *event->mutable_org_unit_changed()->mutable_unit() = unit;
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::ChangeOrgUnitResponse>();
  return outcome;
}

absl::Status Evolve(State& state, const v1::OrgUnitRegistered& event, const Stamp& /*stamp*/) {
  return Put(state, event.county_code(), event.unit());
}

absl::Status Evolve(State& state, const v1::OrgUnitChanged& event, const Stamp& /*stamp*/) {
  return Put(state, event.county_code(), event.unit());
}

}  // namespace sanyuan::registry
