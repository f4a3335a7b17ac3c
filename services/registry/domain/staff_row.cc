#include "services/registry/domain/staff_row.h"

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"

namespace sanyuan::registry {

StaffRow StaffRowOf(const v1::Staff& staff) {
  StaffRow row;
  row.unit = Code::Parse(staff.unit_id()).value_or(Code());
  row.role = staff.role();
  row.active = staff.active();
  row.device_ids.assign(staff.device_ids().begin(), staff.device_ids().end());
  for (const std::string& licence : staff.relatives_licences()) {
    row.relatives_licences.push_back(Code::Parse(licence).value_or(Code()));
  }
  if (staff.has_commitment()) {
    row.commitment_version = staff.commitment().version();
    row.commitment_signed_at = reference::FromWireTime(staff.commitment().signed_at());
    row.commitment_sha256 = staff.commitment().document_sha256();
  }
  row.qualifications.assign(staff.qualifications().begin(), staff.qualifications().end());
  row.valid_from = DayNumberOf(staff.valid_from()).value_or(0);
  row.valid_to = DayNumberOf(staff.valid_to()).value_or(0);
  row.forgotten = staff.forgotten();
  return row;
}

StaffPrivateRow StaffPrivateRowOf(const v1::Staff& staff) {
  return {staff.name(), staff.phone(), staff.phone_hash()};
}

v1::Staff StaffOf(std::string_view staff_id, const StaffRow& row, const StaffPrivateRow* personal) {
  v1::Staff staff;
  staff.set_staff_id(std::string(staff_id));
  staff.set_unit_id(row.unit.str());
  staff.set_role(row.role);
  staff.set_active(row.active);
  for (const std::string& device : row.device_ids) staff.add_device_ids(device);
  for (const Code& licence : row.relatives_licences) staff.add_relatives_licences(licence.str());
  if (!row.commitment_version.empty()) {
    v1::Commitment& commitment = *staff.mutable_commitment();
    commitment.set_version(row.commitment_version);
    *commitment.mutable_signed_at() = reference::ToWireTime(row.commitment_signed_at);
    commitment.set_document_sha256(row.commitment_sha256);
  }
  for (const std::string& topic : row.qualifications) staff.add_qualifications(topic);
  staff.set_valid_from(DayNumberText(row.valid_from));
  staff.set_valid_to(DayNumberText(row.valid_to));
  staff.set_forgotten(row.forgotten);
  if (personal != nullptr) {
    staff.set_name(personal->name);
    staff.set_phone(personal->phone);
    staff.set_phone_hash(personal->phone_hash);
  }
  return staff;
}

}  // namespace sanyuan::registry
