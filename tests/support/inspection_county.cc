#include "tests/support/inspection_county.h"

#include "common/reference/wire_time.h"
#include "services/three_member_interaction/domain/inspection_plan.h"

namespace sanyuan::testing {
namespace {

template <typename Request>
void SetOffline(const InspectionCounty::Field& field, absl::Time now, Request& request) {
  if (!field.offline) return;
  // A clock that is a day ahead: nothing is judged by it.
  *request.mutable_offline()->mutable_device_time() = reference::ToWireTime(now + absl::Hours(24));
  if (field.minutes_ago) request.mutable_offline()->set_elapsed_ms(*field.minutes_ago * 60'000);
}

}  // namespace

tmi::PlanInspectionRequest InspectionCounty::PlanRequest(const std::string& licence,
                                                         const std::string& date) {
  tmi::PlanInspectionRequest request;
  request.set_county_code(kCode);
  request.set_squad_id("SQ1");
  request.set_licence(licence);
  request.set_date(date);
  request.set_reason(tmi::ANALYSIS_REASON_SALES_ANOMALY);
  *request.mutable_analysis() = Sealed(licence);
  return request;
}

partition::Outcome InspectionCounty::Draw(int count, const std::string& from, const std::string& to,
                                          const std::string& head, bool unannounced) {
  tmi::DrawInspectionsRequest request;
  request.set_county_code(kCode);
  request.set_squad_id("SQ" + head.substr(1));
  request.set_from_date(from);
  request.set_to_date(to);
  request.set_count(count);
  request.set_unannounced(unannounced);
  return Call(Head(head), "InspectionService/DrawInspections", request);
}

std::vector<std::string> InspectionCounty::Drawn(int count, const std::string& from, const std::string& to,
                                                 const std::string& head) {
  const partition::Outcome outcome = Draw(count, from, to, head);
  if (outcome.response == nullptr) return {};
  const auto& ids = static_cast<const tmi::DrawInspectionsResponse&>(*outcome.response).inspection_ids();
  return {ids.begin(), ids.end()};
}

partition::Outcome InspectionCounty::Plan(const tmi::PlanInspectionRequest& request,
                                          const std::string& head) {
  return Call(Head(head), "InspectionService/PlanInspection", request);
}

std::string InspectionCounty::Planned(const tmi::PlanInspectionRequest& request) {
  Draw(1, "2019-08-30", "2019-08-30", "H1", true);
  const partition::Outcome outcome = Plan(request);
  if (outcome.response == nullptr) return "";
  return static_cast<const tmi::PlanInspectionResponse&>(*outcome.response).inspection_id();
}

partition::Outcome InspectionCounty::Postpone(const std::string& id, const std::string& date,
                                              const std::string& head) {
  auto request = Of<tmi::PostponeInspectionRequest>(id);
  request.set_reason(tmi::POSTPONE_REASON_WEATHER);
  request.set_date(date);
  return Call(Head(head), "InspectionService/PostponeInspection", request);
}

partition::Outcome InspectionCounty::Dispatch(const std::string& id, std::vector<std::string> officers,
                                              const std::string& head) {
  auto request = Of<tmi::DispatchInspectionRequest>(id);
  for (std::string& officer : officers) request.add_officer_ids(std::move(officer));
  return Call(Head(head), "InspectionService/DispatchInspection", request);
}

partition::Outcome InspectionCounty::CheckIn(const std::string& id, const std::string& officer,
                                             const Field& field) {
  auto request = Of<tmi::CheckInOfficerRequest>(id);
  request.mutable_position()->set_latitude_e6(kLatitude + field.north_e6);
  request.mutable_position()->set_longitude_e6(kLongitude);
  request.mutable_position()->set_accuracy_m(field.accuracy_m);
  request.set_photo_sha256(Photo("the shop as " + officer + " sees it"));
  SetOffline(field, now(), request);
  return Call(Inspector(officer), "InspectionService/CheckInOfficer", request);
}

partition::Outcome InspectionCounty::Begin(const std::string& id, const std::string& officer,
                                           const Field& field) {
  auto request = Of<tmi::StartInspectionRequest>(id);
  SetOffline(field, now(), request);
  return Call(Inspector(officer), "InspectionService/StartInspection", request);
}

partition::Outcome InspectionCounty::Record(const std::string& id, tmi::InspectionResult result,
                                            const std::string& officer, const Field& field) {
  auto request = Of<tmi::RecordInspectionRequest>(id);
  request.set_result(result);
  if (result == tmi::INSPECTION_RESULT_ABNORMAL) {
    request.add_codes(tmi::ABNORMAL_CODE_OFF_CHANNEL);
    request.add_evidence_sha256(Photo("a shelf"));
    *request.mutable_finding() = Sealed(officer);
  }
  SetOffline(field, now(), request);
  return Call(Inspector(officer), "InspectionService/RecordInspection", request);
}

partition::Outcome InspectionCounty::Deal(const std::string& id, const partition::Actor& by,
                                          tmi::DealInspectionRequest request) {
  request.set_county_code(kCode);
  request.set_inspection_id(id);
  return Call(by, "InspectionService/DealInspection", request);
}

partition::Outcome InspectionCounty::Review(const std::string& id, const partition::Actor& by,
                                            bool approved) {
  auto request = Of<tmi::ReviewInspectionRequest>(id);
  request.set_approved(approved);
  return Call(by, "InspectionService/ReviewInspection", request);
}

partition::Outcome InspectionCounty::Close(const std::string& id, const partition::Actor& by) {
  return Call(by, "InspectionService/CloseInspection", Of<tmi::CloseInspectionRequest>(id));
}

tmi::DealInspectionRequest InspectionCounty::Educate() {
  tmi::DealInspectionRequest request;
  request.set_education(true);
  return request;
}

std::string InspectionCounty::Dispatched(const tmi::PlanInspectionRequest& request) {
  const std::string id = Planned(request);
  Dispatch(id);
  return id;
}

std::string InspectionCounty::OnSite(const tmi::PlanInspectionRequest& request) {
  const std::string id = Dispatched(request);
  CheckIn(id, "I1");
  CheckIn(id, "I2");
  Begin(id);
  return id;
}

std::string InspectionCounty::Recorded(tmi::InspectionResult result) {
  const std::string id = OnSite();
  Record(id, result);
  return id;
}

const tmi::Inspection& InspectionCounty::inspection(const std::string& id) const {
  static const tmi::Inspection none;
  const auto* row = state().inspections.Find({kCounty, id});
  return row == nullptr ? none : row->get();
}

const tmi::InspectionPlan& InspectionCounty::plan(const std::string& month, const std::string& squad) const {
  static const tmi::InspectionPlan none;
  const std::string id = three_member_interaction::InspectionPlanId(kCounty, squad, month);
  const auto* row = state().inspection_plans.Find({kCounty, id});
  return row == nullptr ? none : row->get();
}

}  // namespace sanyuan::testing
