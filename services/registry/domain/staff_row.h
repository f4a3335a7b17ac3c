// A member of staff as rows. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_STAFF_ROW_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_STAFF_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/state/code.h"
#include "sanyuan/registry/v1/organisation.pb.h"

namespace sanyuan::registry {

struct StaffRow {
  Code unit;
  common::v1::Role role = common::v1::ROLE_UNSPECIFIED;
  bool active = false;
  std::vector<std::string> device_ids;
  std::vector<Code> relatives_licences;
  std::string commitment_version;
  absl::Time commitment_signed_at = absl::UnixEpoch();
  std::string commitment_sha256;
  std::vector<std::string> qualifications;
  int32_t valid_from = 0;  // Day numbers.
  int32_t valid_to = 0;
  bool forgotten = false;

  static void Fields(auto& self, auto&& visit) {
    visit(self.unit, self.role, self.active, self.device_ids, self.relatives_licences,
          self.commitment_version, self.commitment_signed_at, self.commitment_sha256, self.qualifications,
          self.valid_from, self.valid_to, self.forgotten);
  }
};

// Sealed texts and keyed hashes.
struct StaffPrivateRow {
  std::string name, phone, phone_hash;

  static void Fields(auto& self, auto&& visit) { visit(self.name, self.phone, self.phone_hash); }
};

// REQUIRES: CheckStaff found nothing (staff.h).
StaffRow StaffRowOf(const v1::Staff& staff);
StaffPrivateRow StaffPrivateRowOf(const v1::Staff& staff);
// `personal` may be null: what it holds is then left empty.
v1::Staff StaffOf(std::string_view staff_id, const StaffRow& row, const StaffPrivateRow* personal);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_STAFF_ROW_H_
