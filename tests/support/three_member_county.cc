#include "tests/support/three_member_county.h"

#include <algorithm>

#include "common/clock/business_time.h"
#include "common/digest/digest.h"
#include "common/reference/policies.h"
#include "common/reference/wire_time.h"

namespace sanyuan::testing {
namespace {

using three_member_interaction::kDeliveryTopic;
using three_member_interaction::kReferenceTopic;
using three_member_interaction::kRegistryTopic;

template <typename Request>
Request ForTicket(const std::string& ticket) {
  Request request;
  request.set_county_code(ThreeMemberCounty::kCode);
  request.set_ticket_id(ticket);
  return request;
}

}  // namespace

absl::Time AtTime(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M%Ez", std::string(text) + "+08:00", &time, &error)) {
    return absl::InfinitePast();
  }
  return time;
}

std::string Photo(const std::string& name) { return std::string(Sha256(name).view()); }

tmi::SealedText Sealed(const std::string& for_whom) {
  tmi::SealedText text;
  text.set_sealed_for(for_whom);
  text.set_text("s1." + std::string(44, 'A'));
  return text;
}

std::vector<std::string> ReasonsOf(const partition::Outcome& outcome) {
  std::vector<std::string> reasons;
  for (const common::v1::Refusal& refusal : outcome.refusals) {
    reasons.push_back(common::v1::Reason_Name(refusal.reason()).substr(7) + " " + refusal.field());
  }
  std::sort(reasons.begin(), reasons.end());
  return reasons;
}

std::string When(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", reference::FromWireTime(time), BusinessZone());
}

ThreeMemberCounty::ThreeMemberCounty(bool policy) {
  Tick(AtTime("2019-08-05 09:00"));
  if (policy) {
    PublishPolicy("interaction-2019-06",
                  [](registry::v1::InteractionPolicy& p) { p.set_clue_second_check_other_bp(0); });
  }
  for (const char* id : {"H1", "I1", "I2", "I3", "H2", "I4", "I5", "H3", "I6", "I7"}) {
    const int number = id[1] - '0';
    const bool head = id[0] == 'H';
    const int squad = head ? number : (number <= 3 ? 1 : (number <= 5 ? 2 : 3));
    AddStaff(id, head ? common::v1::ROLE_SQUAD_HEAD : common::v1::ROLE_INSPECTOR,
             "SQ" + std::to_string(squad));
  }
  AddStaff("A1", common::v1::ROLE_ACCOUNT_MANAGER, "DEPT1");
  AddStaff("D1", common::v1::ROLE_DELIVERY_STAFF, "DEPOT1");
  for (int i = 1; i <= 5; ++i) AddShop(Shop(i));
}

void ThreeMemberCounty::PublishPolicy(const std::string& version,
                                      void (*change)(registry::v1::InteractionPolicy&),
                                      absl::Time effective_from) {
  registry::v1::ReferenceEvent event;
  registry::v1::PolicyVersion& policy = *event.mutable_policy_published()->mutable_policy();
  policy.set_version(version);
  *policy.mutable_effective_from() = reference::ToWireTime(effective_from);
  *policy.mutable_interaction() = reference::StartInteractionPolicy();
  if (change != nullptr) change(*policy.mutable_interaction());
  FromJournal(kReferenceTopic, event);
}

void ThreeMemberCounty::PublishDaysOff(std::vector<std::string> days_off,
                                       std::vector<std::string> days_worked) {
  registry::v1::ReferenceEvent event;
  registry::v1::Calendar& calendar = *event.mutable_calendar_published()->mutable_calendar();
  calendar.set_year(2019);
  calendar.set_revision(1);
  for (std::string& day : days_off) calendar.add_days_off(std::move(day));
  for (std::string& day : days_worked) calendar.add_days_worked(std::move(day));
  FromJournal(kReferenceTopic, event);
}

void ThreeMemberCounty::AddStaff(const std::string& id, common::v1::Role role, const std::string& unit,
                                 std::vector<std::string> relatives) {
  registry::v1::Event event;
  event.mutable_staff_registered()->set_county_code(kCode);
  registry::v1::Staff& staff = *event.mutable_staff_registered()->mutable_staff();
  staff.set_staff_id(id);
  staff.set_active(true);
  staff.set_role(role);
  staff.set_unit_id(unit);
  for (std::string& licence : relatives) staff.add_relatives_licences(std::move(licence));
  FromJournal(kRegistryTopic, event);
}

void ThreeMemberCounty::AddShop(const std::string& licence, bool key_shop) {
  registry::v1::Event event;
  registry::v1::Retailer& shop = *event.mutable_retailer_registered()->mutable_retailer();
  shop.set_county_code(kCode);
  shop.set_licence(licence);
  shop.mutable_licence_record()->set_status(registry::v1::LICENCE_STATUS_ACTIVE);
  shop.mutable_profile()->set_route_id("R05");
  shop.mutable_profile()->set_am_staff_id("A1");
  shop.mutable_profile()->mutable_position()->set_latitude_e6(kLatitude);
  shop.mutable_profile()->mutable_position()->set_longitude_e6(kLongitude);
  if (key_shop) shop.mutable_supervision()->set_mode(registry::v1::SUPERVISION_MODE_INSPECTOR_KEY);
  FromJournal(kRegistryTopic, event);
}

void ThreeMemberCounty::Suspect(const std::string& stop,
                                std::vector<delivery_tracking::v1::SuspicionRule> rules,
                                std::vector<std::string> related, const std::string& licence) {
  delivery_tracking::v1::Event event;
  auto& suspected = *event.mutable_proxy_receipt_suspected();
  suspected.set_stop_id(stop);
  suspected.set_county_code(kCode);
  suspected.set_licence(licence);
  suspected.set_route_id("R05");
  suspected.set_staff_id("D1");
  suspected.add_crew_staff_ids("D1");
  for (auto rule : rules) suspected.add_rules(rule);
  for (std::string& other : related) suspected.add_related_licences(std::move(other));
  FromJournal(kDeliveryTopic, event);
}

tmi::ReportClueRequest ThreeMemberCounty::ReportRequest(const std::string& licence) const {
  tmi::ReportClueRequest request;
  request.set_county_code(kCode);
  request.set_type(tmi::CLUE_TYPE_OFF_CHANNEL);
  request.set_grade(tmi::CLUE_GRADE_B);
  request.set_licence(licence);
  *request.mutable_text() = Sealed(licence);
  return request;
}

std::string ThreeMemberCounty::Report(const partition::Actor& reporter, tmi::ClueGrade grade,
                                      const std::string& licence) {
  tmi::ReportClueRequest request = ReportRequest(licence);
  request.set_grade(grade);
  const partition::Outcome outcome = Call(reporter, "ClueService/ReportClue", request);
  if (outcome.response == nullptr) return "";
  return static_cast<const tmi::ReportClueResponse&>(*outcome.response).clue_id();
}

partition::Outcome ThreeMemberCounty::Accept(const std::string& clue, tmi::ClueGrade grade,
                                             const partition::Actor& by) {
  auto request = For<tmi::AcceptClueRequest>(clue);
  request.set_grade(grade);
  return Call(by, "ClueService/AcceptClue", request);
}

partition::Outcome ThreeMemberCounty::Return(const std::string& clue, const partition::Actor& by) {
  auto request = For<tmi::ReturnClueRequest>(clue);
  request.add_gaps(tmi::CLUE_GAP_PLACE);
  return Call(by, "ClueService/ReturnClue", request);
}

partition::Outcome ThreeMemberCounty::Complete(const std::string& clue, const partition::Actor& by) {
  auto request = For<tmi::CompleteClueRequest>(clue);
  request.add_evidence_sha256(Photo("more of " + clue));
  return Call(by, "ClueService/CompleteClue", request);
}

partition::Outcome ThreeMemberCounty::Duplicate(const std::string& clue, const std::string& of,
                                                const partition::Actor& by) {
  auto request = For<tmi::MarkClueDuplicateRequest>(clue);
  request.set_duplicate_of(of);
  return Call(by, "ClueService/MarkClueDuplicate", request);
}

partition::Outcome ThreeMemberCounty::Assign(const std::string& clue, const std::string& squad) {
  auto request = For<tmi::AssignClueRequest>(clue);
  request.set_squad_id(squad);
  return Call(kCountyManager, "ClueService/AssignClue", request);
}

partition::Outcome ThreeMemberCounty::Start(const std::string& clue, std::vector<std::string> officers) {
  auto request = For<tmi::StartVerificationRequest>(clue);
  for (const std::string& officer : officers) request.add_officer_ids(officer);
  return Call(Inspector(officers.front()), "ClueService/StartVerification", request);
}

partition::Outcome ThreeMemberCounty::Propose(const std::string& clue, tmi::ClueResult result,
                                              const std::string& by, bool evidence) {
  auto request = For<tmi::ProposeClueResultRequest>(clue);
  request.set_result(result);
  if (evidence) request.add_evidence_sha256(Photo("seen"));
  *request.mutable_finding() = Sealed(by);
  return Call(Inspector(by), "ClueService/ProposeClueResult", request);
}

partition::Outcome ThreeMemberCounty::Approve(const std::string& clue, tmi::ClueResult result,
                                              const partition::Actor& by, bool approved) {
  auto request = For<tmi::DecideClueResultRequest>(clue);
  request.set_result(result);
  request.set_approved(approved);
  return Call(by, "ClueService/DecideClueResult", request);
}

partition::Outcome ThreeMemberCounty::Extend(const std::string& clue, const std::string& head) {
  auto request = For<tmi::ExtendClueRequest>(clue);
  request.set_reason(tmi::EXTENSION_REASON_SUBJECT_ABSENT);
  return Call(Head(head), "ClueService/ExtendClue", request);
}

partition::Outcome ThreeMemberCounty::Feedback(const std::string& clue, const std::string& by) {
  return Call(Inspector(by), "ClueService/SendClueFeedback", For<tmi::SendClueFeedbackRequest>(clue));
}

partition::Outcome ThreeMemberCounty::Acknowledge(const std::string& clue, const partition::Actor& by) {
  return Call(by, "ClueService/AcknowledgeClueFeedback", For<tmi::AcknowledgeClueFeedbackRequest>(clue));
}

partition::Outcome ThreeMemberCounty::Object(const std::string& clue, const partition::Actor& by) {
  return Call(by, "ClueService/ObjectToClueResult", For<tmi::ObjectToClueResultRequest>(clue));
}

partition::Outcome ThreeMemberCounty::SecondCheck(const std::string& clue, const std::string& squad) {
  auto request = For<tmi::AssignSecondCheckRequest>(clue);
  request.set_squad_id(squad);
  return Call(kCountyManager, "ClueService/AssignSecondCheck", request);
}

partition::Outcome ThreeMemberCounty::OpenCase(const std::string& clue, tmi::CaseGround ground,
                                               const partition::Actor& by) {
  auto request = For<tmi::OpenCaseRequest>(clue);
  request.set_case_number("YD-2019-7");
  request.set_ground(ground);
  return Call(by, "ClueService/OpenCase", request);
}

std::string ThreeMemberCounty::Verifying(tmi::ClueGrade grade) {
  const std::string clue = Report(kAccountManager, grade);
  Accept(clue, grade);
  Assign(clue);
  Start(clue);
  return clue;
}

std::string ThreeMemberCounty::Verified(tmi::ClueResult result, tmi::ClueGrade grade) {
  const std::string clue = Verifying(grade);
  Propose(clue, result);
  Approve(clue, result);
  return clue;
}

std::string ThreeMemberCounty::FedBack(tmi::ClueResult result, tmi::ClueGrade grade) {
  const std::string clue = Verified(result, grade);
  Feedback(clue);
  return clue;
}

std::string ThreeMemberCounty::Raise(tmi::TicketSeverity severity, const partition::Actor& raiser) {
  tmi::RaiseTicketRequest request;
  request.set_county_code(kCode);
  request.set_type(tmi::TICKET_TYPE_LOGISTICS);
  request.set_severity(severity);
  request.set_licence(Shop(1));
  *request.mutable_text() = Sealed(Shop(1));
  const partition::Outcome outcome = Call(raiser, "TicketService/RaiseTicket", request);
  if (outcome.response == nullptr) return "";
  return static_cast<const tmi::RaiseTicketResponse&>(*outcome.response).ticket_id();
}

partition::Outcome ThreeMemberCounty::Own(const std::string& ticket, const std::string& owner) {
  auto request = ForTicket<tmi::AssignTicketRequest>(ticket);
  request.set_owner_id(owner);
  return Call({"MM1", common::v1::ROLE_MARKETING_MANAGER}, "TicketService/AssignTicket", request);
}

partition::Outcome ThreeMemberCounty::Begin(const std::string& ticket, const partition::Actor& owner) {
  return Call(owner, "TicketService/StartTicket", ForTicket<tmi::StartTicketRequest>(ticket));
}

partition::Outcome ThreeMemberCounty::Resolve(const std::string& ticket, const partition::Actor& owner) {
  auto request = ForTicket<tmi::ResolveTicketRequest>(ticket);
  *request.mutable_solution() = Sealed(owner.id);
  return Call(owner, "TicketService/ResolveTicket", request);
}

partition::Outcome ThreeMemberCounty::NotNeeded(const std::string& ticket, const partition::Actor& owner) {
  auto request = ForTicket<tmi::DeclareTicketNotNeededRequest>(ticket);
  request.set_reason(tmi::NOT_NEEDED_REASON_NO_PROBLEM);
  return Call(owner, "TicketService/DeclareTicketNotNeeded", request);
}

partition::Outcome ThreeMemberCounty::Confirm(const std::string& ticket, const partition::Actor& raiser) {
  return Call(raiser, "TicketService/ConfirmTicket", ForTicket<tmi::ConfirmTicketRequest>(ticket));
}

partition::Outcome ThreeMemberCounty::Reopen(const std::string& ticket, const partition::Actor& raiser) {
  return Call(raiser, "TicketService/ReopenTicket", ForTicket<tmi::ReopenTicketRequest>(ticket));
}

void ThreeMemberCounty::Solve(const std::string& ticket) {
  Own(ticket);
  Begin(ticket);
  Resolve(ticket);
}

void ThreeMemberCounty::FindImbalance(const std::string& run) {
  delivery_tracking::v1::Event event;
  event.mutable_run_imbalance_found()->set_run_id(run);
  event.mutable_run_imbalance_found()->set_county_code(kCode);
  FromJournal(kDeliveryTopic, event);
}

const tmi::Ticket& ThreeMemberCounty::ticket(const std::string& id) const {
  static const tmi::Ticket none;
  const auto* row = state().tickets.Find({kCounty, id});
  return row == nullptr ? none : row->get();
}

const tmi::Clue& ThreeMemberCounty::clue(const std::string& id) const {
  static const tmi::Clue none;
  const auto* row = state().clues.Find({kCounty, id});
  return row == nullptr ? none : row->get();
}

std::string ThreeMemberCounty::text(const std::string& id) const {
  const auto* row = state().clue_texts.Find({kCounty, id});
  return row == nullptr ? "" : row->get().text().text();
}

}  // namespace sanyuan::testing
