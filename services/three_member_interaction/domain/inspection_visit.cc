#include "services/three_member_interaction/domain/inspection_visit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/clock/business_time.h"
#include "common/geo/geometry.h"
#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

using namespace common::v1;  // NOLINT: reasons.

constexpr size_t kPhotoBytes = 32;

GeoPoint PointOf(const v1::FieldPosition& position) {
  return {position.latitude_e6(), position.longitude_e6()};
}

void RefuseLimit(Reason reason, std::string field, int64_t limit, int64_t value, Refusals& refusals) {
  Refusal& refusal = Refuse(refusals, reason, std::move(field));
  refusal.set_limit(limit);
  refusal.set_value(value);
}

// When it was done; INVALID_FIELD for a time before `not_before`, when it can't have been.
template <typename Request>
v1::FieldTime TimeOf(const Request& request, const Timestamp& not_before, const Stamp& stamp,
                     Refusals& refusals) {
  v1::FieldTime time;
  absl::Time at = stamp.received_at;
  if (request.has_offline()) {
    const v1::OfflineCapture& offline = request.offline();
    time.set_offline(true);
    time.set_unproved(!offline.has_elapsed_ms());
    if (offline.elapsed_ms() < 0) Refuse(refusals, REASON_INVALID_FIELD, "offline.elapsed_ms");
    at -= absl::Milliseconds(offline.elapsed_ms());
    if (offline.has_device_time()) {
      if (reference::IsWireTime(offline.device_time())) {
        *time.mutable_device_time() = offline.device_time();
      } else {
        Refuse(refusals, REASON_INVALID_FIELD, "offline.device_time");
      }
    }
  }
  if (at < FromWireTime(not_before)) {
    Refuse(refusals, REASON_INVALID_FIELD, "offline.elapsed_ms", "before what it follows from");
    return time;
  }
  *time.mutable_at() = ToWireTime(at);
  *time.mutable_received_at() = ToWireTime(stamp.received_at);
  return time;
}

// WRONG_STATE unless it was done on the day of the plan, in time to be recorded.
void CheckDay(OpenedInspection& opened, const v1::FieldTime& time) {
  const v1::Inspection& inspection = *opened.thing;
  const auto date = ParseDate(inspection.date());
  const absl::Time at = FromWireTime(time.at());
  if (date && at >= StartOfDay(*date) && at <= FromWireTime(inspection.record_due())) return;
  RefuseState(opened.refusals, opened.field, "planned for " + inspection.date());
}

void RequireOneOf(OpenedInspection& opened, const StaffIds& ids, const Stamp& stamp) {
  if (opened.thing == nullptr || Contains(ids, stamp.actor.id)) return;
  Refuse(opened.refusals, REASON_NOT_ASSIGNED_TO_CALLER, opened.field);
}

std::optional<int64_t> CheckPlace(const State& state, County county, const std::string& licence,
                                  const v1::FieldPosition& position, const Rules& rules, Refusals& refusals) {
  const GeoPoint at = PointOf(position);
  if (!IsOnEarth(at)) {
    Refuse(refusals, REASON_INVALID_FIELD, "position");
    return std::nullopt;
  }
  const int32_t limit = rules.policy().inspection_distance_metres();
  reference::CheckRange(position.accuracy_m(), 0, limit, "position.accuracy_m", refusals);
  const auto code = Code::Parse(licence);
  const Retailer* shop = code ? state.retailers.Find({county, *code}) : nullptr;
  if (shop == nullptr || !shop->place) return std::nullopt;
  const GeoPoint measured{shop->place->latitude_e6, shop->place->longitude_e6};
  if (!IsOnEarth(measured)) return std::nullopt;
  const int64_t distance = DistanceMetres(at, measured);
  if (distance > limit) RefuseLimit(REASON_TOO_FAR_FROM_SHOP, "position", limit, distance, refusals);
  return distance;
}

// The check-ins of the latest moment when enough officers were there together.
std::vector<v1::OfficerCheckIn> Together(const v1::Inspection& inspection, const Rules& rules,
                                         Refusals& refusals) {
  std::vector<v1::OfficerCheckIn> all(inspection.check_ins().begin(), inspection.check_ins().end());
  std::stable_sort(all.begin(), all.end(), [](const v1::OfficerCheckIn& a, const v1::OfficerCheckIn& b) {
    return FromWireTime(a.time().at()) < FromWireTime(b.time().at());
  });
  const auto needed = static_cast<size_t>(rules.policy().inspection_officers());
  if (all.size() < needed) {
    RefuseLimit(REASON_OFFICERS_TOO_FEW, "inspection_id", static_cast<int64_t>(needed),
                static_cast<int64_t>(all.size()), refusals);
    return {};
  }
  const absl::Duration apart = absl::Minutes(rules.policy().inspection_apart_minutes());
  absl::Duration closest = absl::InfiniteDuration();
  for (size_t last = all.size(); last >= needed; --last) {
    const absl::Time end = FromWireTime(all[last - 1].time().at());
    const absl::Duration span = end - FromWireTime(all[last - needed].time().at());
    closest = std::min(closest, span);
    if (span > apart) continue;
    const auto early = [&](const v1::OfficerCheckIn& one) {
      return FromWireTime(one.time().at()) < end - apart;
    };
    all.resize(last);
    all.erase(std::remove_if(all.begin(), all.end(), early), all.end());
    return all;
  }
  RefuseLimit(REASON_OFFICERS_APART, "inspection_id", absl::ToInt64Seconds(apart),
              absl::ToInt64Seconds(closest), refusals);
  return {};
}

// Where the shop is not measured they must at least have been at one place.
void CheckOnePlace(const std::vector<v1::OfficerCheckIn>& together, const Rules& rules, Refusals& refusals) {
  const int32_t limit = rules.policy().inspection_distance_metres();
  for (const v1::OfficerCheckIn& one : together) {
    if (one.has_distance_m()) continue;
    for (const v1::OfficerCheckIn& other : together) {
      const int64_t distance = DistanceMetres(PointOf(one.position()), PointOf(other.position()));
      if (distance <= limit) continue;
      RefuseLimit(REASON_OFFICERS_APART, "position", limit, distance, refusals);
      return;
    }
  }
}

void CheckFinding(const v1::RecordInspectionRequest& request, Refusals& refusals) {
  CheckEnum(request.result(), v1::InspectionResult_IsValid, "result", refusals);
  CheckEvidence(request.evidence_sha256(), refusals);
  const bool abnormal = request.result() == v1::INSPECTION_RESULT_ABNORMAL;
  if (abnormal == request.codes().empty()) Refuse(refusals, REASON_INVALID_FIELD, "codes");
  if (abnormal && request.evidence_sha256().empty()) {
    Refuse(refusals, REASON_EVIDENCE_MISSING, "evidence_sha256");
  }
  std::set<int> seen;
  for (int i = 0; i < request.codes_size(); ++i) {
    const std::string field = fmt::format("codes[{}]", i);
    CheckEnum(request.codes(i), v1::AbnormalCode_IsValid, field, refusals);
    if (!seen.insert(request.codes(i)).second) Refuse(refusals, REASON_INVALID_FIELD, field, "twice");
  }
}

}  // namespace

Outcome DecideDispatchInspection(const State& state, const v1::DispatchInspectionRequest& request,
                                 const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require(
      {v1::INSPECTION_STATE_PLANNED, v1::INSPECTION_STATE_DISPATCHED, v1::INSPECTION_STATE_POSTPONED});
  opened.RequireHead(state, stamp);
  const auto rules = opened.county ? RulesFor(state, *opened.county, stamp.decided_at) : std::nullopt;
  if (opened.thing != nullptr && rules) {
    const v1::Inspection& inspection = *opened.thing;
    if (!inspection.check_ins().empty()) {
      RefuseState(opened.refusals, opened.field, "an officer is there already");
    }
    CheckOfficers(state, *opened.county, request.officer_ids(), inspection.squad_id(),
                  rules->policy().inspection_officers(), "", opened.refusals);
    for (int i = 0; i < request.officer_ids_size(); ++i) {
      if (!IsKin(state, *opened.county, inspection.licence(), request.officer_ids(i))) continue;
      Refuse(opened.refusals, REASON_SQUAD_NOT_ALLOWED, fmt::format("officer_ids[{}]", i),
             "conflict of interest");
    }
  }
  return OneStep<v1::DispatchInspectionResponse>(
      state, std::move(opened), stamp, [&](InspectionWork& work, auto&) {
        work.Emit(&v1::Event::mutable_inspection_dispatched, v1::INSPECTION_STATE_DISPATCHED,
                  [&](v1::InspectionDispatched& dispatched) {
                    *dispatched.mutable_officer_ids() = request.officer_ids();
                    dispatched.set_dispatched_by(stamp.actor.id);
                  });
      });
}

Outcome DecideCheckInOfficer(const State& state, const v1::CheckInOfficerRequest& request,
                             const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require({v1::INSPECTION_STATE_DISPATCHED, v1::INSPECTION_STATE_MISSED});
  if (opened.thing != nullptr) RequireOneOf(opened, opened.thing->officer_ids(), stamp);
  if (request.photo_sha256().empty()) {
    Refuse(opened.refusals, REASON_EVIDENCE_MISSING, "photo_sha256");
  } else if (request.photo_sha256().size() != kPhotoBytes) {
    Refuse(opened.refusals, REASON_INVALID_FIELD, "photo_sha256");
  }
  if (!request.has_position()) Refuse(opened.refusals, REASON_INVALID_FIELD, "position");
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();

  const v1::Inspection& inspection = *opened.thing;
  v1::OfficerCheckIn check_in;
  check_in.set_officer_id(stamp.actor.id);
  *check_in.mutable_time() = TimeOf(request, inspection.dispatched_at(), stamp, opened.refusals);
  if (opened.refusals.empty()) CheckDay(opened, check_in.time());
  *check_in.mutable_position() = request.position();
  const auto distance =
      CheckPlace(state, *opened.county, inspection.licence(), request.position(), *rules, opened.refusals);
  if (distance) check_in.set_distance_m(*distance);
  check_in.set_photo_sha256(request.photo_sha256());
  for (const v1::OfficerCheckIn& earlier : inspection.check_ins()) {
    if (earlier.officer_id() == stamp.actor.id && opened.refusals.empty() &&
        FromWireTime(earlier.time().at()) > FromWireTime(check_in.time().at())) {
      RefuseState(opened.refusals, opened.field, "a later check-in is known");
    }
  }
  return OneStep<v1::CheckInOfficerResponse>(
      state, std::move(opened), stamp, [&](InspectionWork& work, auto& response) {
        work.Emit(
            &v1::Event::mutable_inspection_officer_checked_in, work.thing().state(),
            [&](v1::InspectionOfficerCheckedIn& checked_in) { *checked_in.mutable_check_in() = check_in; });
        if (distance) response.set_distance_m(*distance);
      });
}

Outcome DecideStartInspection(const State& state, const v1::StartInspectionRequest& request,
                              const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require({v1::INSPECTION_STATE_DISPATCHED, v1::INSPECTION_STATE_MISSED});
  if (opened.thing != nullptr) RequireOneOf(opened, opened.thing->officer_ids(), stamp);
  if (!opened.refusals.empty()) return Refused(std::move(opened.refusals));
  const auto rules = RulesFor(state, *opened.county, stamp.decided_at);
  if (!rules) return NoPolicyYet();

  v1::FieldTime time;
  const auto together = Together(*opened.thing, *rules, opened.refusals);
  StaffIds on_site;
  for (const v1::OfficerCheckIn& one : together) on_site.Add()->assign(one.officer_id());
  std::sort(on_site.begin(), on_site.end());
  if (!together.empty()) {
    CheckOnePlace(together, *rules, opened.refusals);
    RequireOneOf(opened, on_site, stamp);
    time = TimeOf(request, together.front().time().at(), stamp, opened.refusals);
    if (opened.refusals.empty()) CheckDay(opened, time);
  }
  return OneStep<v1::StartInspectionResponse>(
      state, std::move(opened), stamp, [&](InspectionWork& work, auto& response) {
        work.Emit(&v1::Event::mutable_inspection_started, v1::INSPECTION_STATE_ON_SITE,
                  [&](v1::InspectionStarted& started) {
                    started.set_started_by(stamp.actor.id);
                    *started.mutable_time() = time;
                    *started.mutable_on_site_ids() = on_site;
                  });
        *response.mutable_on_site_ids() = on_site;
      });
}

Outcome DecideRecordInspection(const State& state, const v1::RecordInspectionRequest& request,
                               const Stamp& stamp) {
  OpenedInspection opened = OpenInspection(state, request);
  opened.Require({v1::INSPECTION_STATE_ON_SITE});
  CheckFinding(request, opened.refusals);
  v1::FieldTime time;
  if (opened.thing != nullptr) {
    const v1::Inspection& inspection = *opened.thing;
    RequireOneOf(opened, inspection.on_site_ids(), stamp);
    CheckSealedText(request.finding(), "finding", {inspection.licence(), stamp.actor.id}, opened.refusals);
    if (inspection.state() == v1::INSPECTION_STATE_ON_SITE) {
      time = TimeOf(request, inspection.started().at(), stamp, opened.refusals);
    }
  }
  return OneStep<v1::RecordInspectionResponse>(
      state, std::move(opened), stamp, [&](InspectionWork& work, auto& response) {
        const bool normal = request.result() == v1::INSPECTION_RESULT_NORMAL;
        work.Emit(&v1::Event::mutable_inspection_recorded, v1::INSPECTION_STATE_RECORDED,
                  [&](v1::InspectionRecorded& recorded) {
                    recorded.set_result(request.result());
                    *recorded.mutable_codes() = request.codes();
                    *recorded.mutable_evidence_sha256() = request.evidence_sha256();
                    if (request.has_finding()) *recorded.mutable_finding() = request.finding();
                    *recorded.mutable_time() = time;
                    recorded.set_recorded_by(stamp.actor.id);
                    recorded.set_on_time(FromWireTime(time.at()) <= FromWireTime(work.thing().record_due()));
                    if (normal) return;
                    *recorded.mutable_deal_due() =
                        work.rules().AfterWorkingDays(work.now(), work.policy().inspection_deal_wd());
                  });
        response.set_on_time(work.thing().recorded_on_time());
        if (normal) {
          work.Emit(&v1::Event::mutable_inspection_dealt, v1::INSPECTION_STATE_DEALT,
                    [&](v1::InspectionDealt& dealt) {
                      dealt.set_dealt_by(stamp.actor.id);
                      dealt.set_on_time(true);
                    });
        } else {
          *response.mutable_deal_due() = work.thing().deal_due();
        }
      });
}

}  // namespace sanyuan::three_member_interaction
