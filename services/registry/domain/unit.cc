#include "services/registry/domain/unit.h"

#include "common/clock/business_time.h"

namespace sanyuan::registry {

UnitRow UnitRowOf(const v1::OrgUnit& unit) {
  return {Code::Parse(unit.parent_id()).value_or(Code()),
          unit.level(),
          unit.name(),
          unit.region_code(),
          DayNumberOf(unit.valid_from()).value_or(0),
          DayNumberOf(unit.valid_to()).value_or(0)};
}

v1::OrgUnit UnitOf(std::string_view unit_id, const UnitRow& row) {
  v1::OrgUnit unit;
  unit.set_unit_id(std::string(unit_id));
  unit.set_parent_id(row.parent.str());
  unit.set_level(row.level);
  unit.set_name(row.name);
  unit.set_region_code(row.region_code);
  unit.set_valid_from(DayNumberText(row.valid_from));
  unit.set_valid_to(DayNumberText(row.valid_to));
  return unit;
}

void CheckUnit(const v1::OrgUnit& unit, const std::string& path, Refusals& refusals) {
  CheckCode(unit.unit_id(), false, path + ".unit_id", refusals);
  CheckCode(unit.parent_id(), true, path + ".parent_id", refusals);
  CheckCode(unit.region_code(), true, path + ".region_code", refusals);
  CheckLength(unit.name(), kMaxNameLength, path + ".name", refusals);
  if (unit.name().empty()) Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".name");
  CheckPeriod(unit.valid_from(), unit.valid_to(), path, refusals);
}

}  // namespace sanyuan::registry
