// Units of the organisation as rows: those above the county stand in the reference journal, those inside in the
// county's own. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_UNIT_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_UNIT_H_

#include <string>
#include <string_view>

#include "common/state/code.h"
#include "sanyuan/registry/v1/reference.pb.h"
#include "services/registry/domain/decide.h"

namespace sanyuan::registry {

struct UnitRow {
  Code parent;
  v1::UnitLevel level = v1::UNIT_LEVEL_UNSPECIFIED;
  std::string name;
  std::string region_code;
  int32_t valid_from = 0;  // Day numbers.
  int32_t valid_to = 0;

  static void Fields(auto& self, auto&& visit) {
    visit(self.parent, self.level, self.name, self.region_code, self.valid_from, self.valid_to);
  }
};

// REQUIRES: CheckUnit found nothing.
UnitRow UnitRowOf(const v1::OrgUnit& unit);
v1::OrgUnit UnitOf(std::string_view unit_id, const UnitRow& row);

// What about the unit alone forbids to register it, its level and parent apart.
void CheckUnit(const v1::OrgUnit& unit, const std::string& path, Refusals& refusals);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_UNIT_H_
