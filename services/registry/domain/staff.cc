#include "services/registry/domain/staff.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/reference/wire_time.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_INVALID_FIELD;

constexpr int kMaxDevices = 8;
constexpr int kMaxRelatives = 16;
constexpr int kMaxQualifications = 32;
constexpr size_t kMaxDeviceLength = 64;
constexpr size_t kSha256Size = 32;

bool IsStaffRole(common::v1::Role role) {
  return common::v1::Role_IsValid(role) && role != common::v1::ROLE_UNSPECIFIED &&
         role != common::v1::ROLE_RETAILER && role != common::v1::ROLE_BANK &&
         role != common::v1::ROLE_SYSTEM;
}

bool IsDeviceId(const std::string& text) {
  return !text.empty() && text.size() <= kMaxDeviceLength &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

void CheckLists(const v1::Staff& staff, const std::string& path, Refusals& refusals) {
  CheckRange(staff.device_ids_size(), 0, kMaxDevices, path + ".device_ids", refusals);
  for (int i = 0; i < staff.device_ids_size(); ++i) {
    if (!IsDeviceId(staff.device_ids(i))) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}.device_ids[{}]", path, i));
    }
  }
  CheckRange(staff.relatives_licences_size(), 0, kMaxRelatives, path + ".relatives_licences", refusals);
  for (int i = 0; i < staff.relatives_licences_size(); ++i) {
    CheckCode(staff.relatives_licences(i), false, fmt::format("{}.relatives_licences[{}]", path, i),
              refusals);
  }
  CheckRange(staff.qualifications_size(), 0, kMaxQualifications, path + ".qualifications", refusals);
  for (int i = 0; i < staff.qualifications_size(); ++i) {
    if (!IsDeviceId(staff.qualifications(i))) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}.qualifications[{}]", path, i));
    }
  }
}

void CheckCommitment(const v1::Commitment& commitment, const std::string& path, Refusals& refusals) {
  CheckLength(commitment.version(), 40, path + ".version", refusals);
  if (commitment.version().empty()) Refuse(refusals, REASON_INVALID_FIELD, path + ".version");
  if (!commitment.has_signed_at() || !reference::IsWireTime(commitment.signed_at())) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".signed_at");
  }
  if (!commitment.document_sha256().empty() && commitment.document_sha256().size() != kSha256Size) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".document_sha256");
  }
}

std::optional<v1::Staff> Standing(const State& state, County county, const std::string& staff_id) {
  const std::optional<LocalKey> key = KeyOf(county, staff_id);
  const StaffRow* row = key ? state.staff.Find(*key) : nullptr;
  if (row == nullptr) return std::nullopt;
  return StaffOf(staff_id, *row, state.staff_private.Find(*key));
}

absl::Status Put(State& state, const std::string& county_code, const v1::Staff& staff) {
  const std::optional<County> county = CountyOfId(county_code);
  const std::optional<LocalKey> key = county ? KeyOf(*county, staff.staff_id()) : std::nullopt;
  if (!key) return absl::InvalidArgumentError("staff without county or id");
  if (staff.has_commitment() && !reference::IsWireTime(staff.commitment().signed_at())) {
    return absl::InvalidArgumentError("a commitment without a time");
  }
  state.staff.Put(*key, StaffRowOf(staff));
  state.staff_private.Put(*key, StaffPrivateRowOf(staff));
  return absl::OkStatus();
}

}  // namespace

void CheckStaff(const State& state, County county, const v1::Staff& staff, const std::string& path,
                Refusals& refusals) {
  CheckCode(staff.staff_id(), false, path + ".staff_id", refusals);
  if (!IsStaffRole(staff.role())) Refuse(refusals, REASON_INVALID_FIELD, path + ".role");
  const std::optional<LocalKey> unit = KeyOf(county, staff.unit_id());
  if (!unit || !state.units.Contains(*unit)) {
    Refuse(refusals, common::v1::REASON_ORG_UNKNOWN, path + ".unit_id", staff.unit_id());
  }
  CheckLists(staff, path, refusals);
  if (staff.has_commitment()) CheckCommitment(staff.commitment(), path + ".commitment", refusals);
  CheckPeriod(staff.valid_from(), staff.valid_to(), path, refusals);
  if (staff.forgotten()) Refuse(refusals, REASON_INVALID_FIELD, path + ".forgotten");
  CheckSealed(staff, path, refusals);
}

Outcome DecideRegisterStaff(const State& state, const v1::RegisterStaffRequest& request,
                            const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.staff_size(), "staff", outcome.refusals);
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::RegisterStaffResponse>();
  JudgeBatch<v1::Staff>(
      request.staff(), "staff", *response->mutable_result(),
      [](const v1::Staff& staff) { return staff.staff_id(); },
      [&](const v1::Staff& staff) { return Standing(state, *county, staff.staff_id()); },
      [&](const v1::Staff& staff, const std::string& path, Refusals& refusals) {
        CheckStaff(state, *county, staff, path, refusals);
        const std::optional<LocalKey> key = KeyOf(*county, staff.staff_id());
        if (key && state.retailers.Contains(*key)) {
          Refuse(refusals, common::v1::REASON_ALREADY_EXISTS, path + ".staff_id", "a licence");
        }
      },
      [&](const v1::Staff& staff) {
        auto event = std::make_unique<v1::Event>();
        event->mutable_staff_registered()->set_county_code(request.county_code());
        *event->mutable_staff_registered()->mutable_staff() = staff;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "staff");
}

Outcome DecideChangeStaff(const State& state, const v1::ChangeStaffRequest& request, const Stamp& stamp) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (!county) return outcome;
  v1::Staff staff = request.staff();
  staff.clear_commitment();
  CheckStaff(state, *county, staff, "staff", outcome.refusals);
  if (stamp.actor.id == staff.staff_id())
    Refuse(outcome.refusals, common::v1::REASON_FOUR_EYES, "staff.staff_id");
  const std::optional<v1::Staff> before = Standing(state, *county, staff.staff_id());
  if (!before) {
    Refuse(outcome.refusals, common::v1::REASON_STAFF_UNKNOWN, "staff.staff_id", staff.staff_id());
  } else if (before->forgotten()) {
    Refuse(outcome.refusals, common::v1::REASON_PERSON_FORGOTTEN, "staff.staff_id", staff.staff_id());
  }
  if (outcome.refused()) return outcome;
  if (before->has_commitment()) *staff.mutable_commitment() = before->commitment();
  if (std::vector<std::string> changed = reference::ChangedPaths(*before, staff, 1); !changed.empty()) {
    auto event = std::make_unique<v1::Event>();
    v1::StaffChanged& change = *event->mutable_staff_changed();
    change.set_county_code(request.county_code());
    *change.mutable_staff() = staff;
    for (std::string& path : changed) change.add_changed_fields(std::move(path));
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::ChangeStaffResponse>();
  return outcome;
}

Outcome DecideSignCommitment(const State& state, const v1::SignCommitmentRequest& request,
                             const Stamp& stamp) {
  Outcome outcome;
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (!county) return outcome;
  if (request.document_sha256().size() != kSha256Size) {
    Refuse(outcome.refusals, REASON_INVALID_FIELD, "document_sha256");
  }
  if (stamp.actor.id != request.staff_id()) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_ASSIGNED_TO_CALLER, "staff_id");
  }
  const std::optional<v1::Staff> staff = Standing(state, *county, request.staff_id());
  if (!staff || !staff->active()) {
    Refuse(outcome.refusals, common::v1::REASON_STAFF_UNKNOWN, "staff_id", request.staff_id());
  }
  const v1::ConductPolicy* conduct = state.policies.Conduct(*county, stamp.decided_at);
  if (conduct == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_POLICY_UNKNOWN, "version", "no conduct policy is in force");
  } else if (conduct->commitment_version() != request.version()) {
    Refuse(outcome.refusals, common::v1::REASON_COMMITMENT_NOT_SIGNED, "version",
           conduct->commitment_version());
  }
  if (outcome.refused()) return outcome;
  if (staff->commitment().version() != request.version() ||
      staff->commitment().document_sha256() != request.document_sha256()) {
    auto event = std::make_unique<v1::Event>();
    v1::CommitmentSigned& signed_letter = *event->mutable_commitment_signed();
    signed_letter.set_county_code(request.county_code());
    signed_letter.set_staff_id(request.staff_id());
    signed_letter.mutable_commitment()->set_version(request.version());
    *signed_letter.mutable_commitment()->mutable_signed_at() = reference::ToWireTime(stamp.decided_at);
    signed_letter.mutable_commitment()->set_document_sha256(request.document_sha256());
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::SignCommitmentResponse>();
  return outcome;
}

absl::Status Evolve(State& state, const v1::StaffRegistered& event, const Stamp& /*stamp*/) {
  return Put(state, event.county_code(), event.staff());
}

absl::Status Evolve(State& state, const v1::StaffChanged& event, const Stamp& /*stamp*/) {
  return Put(state, event.county_code(), event.staff());
}

absl::Status Evolve(State& state, const v1::CommitmentSigned& event, const Stamp& /*stamp*/) {
  const std::optional<County> county = CountyOfId(event.county_code());
  const std::optional<LocalKey> key = county ? KeyOf(*county, event.staff_id()) : std::nullopt;
  if (!key || !state.staff.Contains(*key) || !reference::IsWireTime(event.commitment().signed_at())) {
    return absl::InvalidArgumentError("a commitment of nobody");
  }
  StaffRow& row = state.staff.Mutate(*key);
  row.commitment_version = event.commitment().version();
  row.commitment_signed_at = reference::FromWireTime(event.commitment().signed_at());
  row.commitment_sha256 = event.commitment().document_sha256();
  return absl::OkStatus();
}

}  // namespace sanyuan::registry
