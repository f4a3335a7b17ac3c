#include "services/three_member_interaction/domain/notes.h"

namespace sanyuan::three_member_interaction {
namespace {

std::optional<CodeKey> KeyOf(const std::string& county_code, const std::string& code) {
  const auto county = county_code.size() == 6 ? CountyOfId(county_code) : std::nullopt;
  const auto parsed = Code::Parse(code);
  if (!county || !parsed) return std::nullopt;
  return CodeKey{*county, *parsed};
}

Retailer RowOf(const v1::RetailerNoted& note) {
  Retailer row;
  row.active = note.active();
  row.route = Code::Parse(note.route_id()).value_or(Code());
  row.account_manager = Code::Parse(note.am_staff_id()).value_or(Code());
  if (note.has_latitude_e6()) row.place = Place{note.latitude_e6(), note.longitude_e6()};
  row.key_shop = note.key_shop();
  return row;
}

Staff RowOf(const v1::StaffNoted& note) {
  Staff row{note.active(), note.role(), note.unit_id(), {}};
  for (const std::string& licence : note.relatives_licences()) {
    if (const auto code = Code::Parse(licence)) row.relatives.push_back(*code);
  }
  return row;
}

partition::EventPtr NoteRetailer(const State& state, const registry::v1::Retailer& retailer) {
  auto event = std::make_unique<v1::Event>();
  v1::RetailerNoted& note = *event->mutable_retailer_noted();
  const registry::v1::Profile& profile = retailer.profile();
  note.set_county_code(retailer.county_code());
  note.set_licence(retailer.licence());
  note.set_active(retailer.licence_record().status() == registry::v1::LICENCE_STATUS_ACTIVE);
  note.set_route_id(profile.route_id());
  note.set_am_staff_id(profile.am_staff_id());
  if (profile.has_position()) {
    note.set_latitude_e6(profile.position().latitude_e6());
    note.set_longitude_e6(profile.position().longitude_e6());
  }
  note.set_key_shop(retailer.supervision().large() ||
                    retailer.supervision().mode() == registry::v1::SUPERVISION_MODE_INSPECTOR_KEY);
  const auto key = KeyOf(note.county_code(), note.licence());
  if (!key) return nullptr;
  const Retailer* known = state.retailers.Find(*key);
  if (known != nullptr && *known == RowOf(note)) return nullptr;
  return event;
}

partition::EventPtr NoteStaff(const State& state, const std::string& county_code,
                              const registry::v1::Staff& staff) {
  auto event = std::make_unique<v1::Event>();
  v1::StaffNoted& note = *event->mutable_staff_noted();
  note.set_county_code(county_code);
  note.set_staff_id(staff.staff_id());
  note.set_active(staff.active());
  note.set_role(staff.role());
  note.set_unit_id(staff.unit_id());
  *note.mutable_relatives_licences() = staff.relatives_licences();
  const auto key = KeyOf(county_code, staff.staff_id());
  if (!key) return nullptr;
  const Staff* known = state.staff.Find(*key);
  if (known != nullptr && *known == RowOf(note)) return nullptr;
  return event;
}

}  // namespace

partition::EventPtr Note(const State& state, const registry::v1::ReferenceEvent& event) {
  auto note = std::make_unique<v1::Event>();
  if (event.has_policy_published()) {
    const registry::v1::PolicyVersion& policy = event.policy_published().policy();
    if (!policy.has_interaction() || state.policies.Holds(policy)) return nullptr;
    *note->mutable_policy_noted()->mutable_policy() = policy;
    return note;
  }
  if (event.has_calendar_published()) {
    const registry::v1::Calendar& calendar = event.calendar_published().calendar();
    if (state.calendars.Holds(calendar)) return nullptr;
    *note->mutable_calendar_noted()->mutable_calendar() = calendar;
    return note;
  }
  return nullptr;
}

partition::EventPtr Note(const State& state, const registry::v1::Event& event) {
  switch (event.event_case()) {
    case registry::v1::Event::kRetailerRegistered:
      return NoteRetailer(state, event.retailer_registered().retailer());
    case registry::v1::Event::kRetailerChanged:
      return NoteRetailer(state, event.retailer_changed().retailer());
    case registry::v1::Event::kStaffRegistered:
      return NoteStaff(state, event.staff_registered().county_code(), event.staff_registered().staff());
    case registry::v1::Event::kStaffChanged:
      return NoteStaff(state, event.staff_changed().county_code(), event.staff_changed().staff());
    default:
      return nullptr;
  }
}

absl::Status Fold(State& state, const v1::PolicyNoted& event) { return state.policies.Add(event.policy()); }

absl::Status Fold(State& state, const v1::CalendarNoted& event) {
  return state.calendars.Add(event.calendar());
}

absl::Status Fold(State& state, const v1::RetailerNoted& event) {
  const auto key = KeyOf(event.county_code(), event.licence());
  if (!key) return CantFold("RetailerNoted");
  state.retailers.Put(*key, RowOf(event));
  return absl::OkStatus();
}

absl::Status Fold(State& state, const v1::StaffNoted& event) {
  const auto key = KeyOf(event.county_code(), event.staff_id());
  if (!key) return CantFold("StaffNoted");
  state.staff.Put(*key, RowOf(event));
  return absl::OkStatus();
}

}  // namespace sanyuan::three_member_interaction
