#include "services/three_member_interaction/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "absl/time/time.h"
#include "common/reference/wire_time.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "services/three_member_interaction/domain/clue.h"

namespace sanyuan::three_member_interaction {
namespace {

constexpr int kMostValues = 100;

template <typename List, typename Value>
bool Allows(const List& wanted, const Value& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

template <typename List>
void AddSorted(const List& list, std::string& out) {
  std::set<std::string> sorted;
  for (const auto& value : list) sorted.insert(fmt::format("{}", value));
  out += fmt::format("{};", sorted.size());
  for (const std::string& value : sorted) out += fmt::format("{}:{}", value.size(), value);
}

v1::ClueChange ChangeOf(const v1::Event& event) {
  switch (event.event_case()) {
    case v1::Event::kClueReported:
      return v1::CLUE_CHANGE_REPORTED;
    case v1::Event::kClueCompleted:
      return v1::CLUE_CHANGE_COMPLETED;
    case v1::Event::kClueSupplemented:
      return v1::CLUE_CHANGE_SUPPLEMENTED;
    case v1::Event::kClueAccepted:
      return v1::CLUE_CHANGE_ACCEPTED;
    case v1::Event::kClueReturned:
      return v1::CLUE_CHANGE_RETURNED;
    case v1::Event::kClueMarkedDuplicate:
      return v1::CLUE_CHANGE_MARKED_DUPLICATE;
    case v1::Event::kClueAssigned:
      return v1::CLUE_CHANGE_ASSIGNED;
    case v1::Event::kClueVerificationStarted:
      return v1::CLUE_CHANGE_VERIFICATION_STARTED;
    case v1::Event::kClueResultProposed:
      return v1::CLUE_CHANGE_RESULT_PROPOSED;
    case v1::Event::kClueResultRejected:
      return v1::CLUE_CHANGE_RESULT_REJECTED;
    case v1::Event::kClueVerified:
      return v1::CLUE_CHANGE_VERIFIED;
    case v1::Event::kClueExtended:
      return v1::CLUE_CHANGE_EXTENDED;
    case v1::Event::kClueFeedbackSent:
      return v1::CLUE_CHANGE_FEEDBACK_SENT;
    case v1::Event::kClueFeedbackAcknowledged:
      return v1::CLUE_CHANGE_ACKNOWLEDGED;
    case v1::Event::kClueObjected:
      return v1::CLUE_CHANGE_OBJECTED;
    case v1::Event::kClueSecondCheckOrdered:
      return v1::CLUE_CHANGE_SECOND_CHECK_ORDERED;
    case v1::Event::kClueSecondCheckAssigned:
      return v1::CLUE_CHANGE_SECOND_CHECK_ASSIGNED;
    case v1::Event::kClueSecondCheckDone:
      return v1::CLUE_CHANGE_SECOND_CHECK_DONE;
    case v1::Event::kClueOverdue:
      return v1::CLUE_CHANGE_OVERDUE;
    case v1::Event::kClueClosed:
      return v1::CLUE_CHANGE_CLOSED;
    case v1::Event::kCaseOpened:
      return v1::CLUE_CHANGE_CASE_OPENED;
    default:
      return v1::CLUE_CHANGE_UNSPECIFIED;
  }
}

void FillDetails(const v1::Event& event, v1::ClueFeedEvent& out) {
  switch (event.event_case()) {
    case v1::Event::kClueReported:
      *out.mutable_due() = event.clue_reported().accept_due();
      break;
    case v1::Event::kClueCompleted:
      *out.mutable_due() = event.clue_completed().accept_due();
      break;
    case v1::Event::kClueAccepted:
      *out.mutable_due() = event.clue_accepted().verify_due();
      break;
    case v1::Event::kClueVerified:
      *out.mutable_due() = event.clue_verified().feedback_due();
      out.set_result(event.clue_verified().result());
      break;
    case v1::Event::kClueExtended:
      *out.mutable_due() = event.clue_extended().due();
      break;
    case v1::Event::kClueFeedbackSent:
      *out.mutable_due() = event.clue_feedback_sent().acknowledge_due();
      out.set_result(event.clue_feedback_sent().result());
      break;
    case v1::Event::kClueObjected:
      *out.mutable_due() = event.clue_objected().second_check_due();
      break;
    case v1::Event::kClueSecondCheckOrdered:
      *out.mutable_due() = event.clue_second_check_ordered().second_check_due();
      break;
    case v1::Event::kClueSecondCheckDone:
      out.set_result(event.clue_second_check_done().result());
      break;
    case v1::Event::kClueOverdue:
      *out.mutable_due() = event.clue_overdue().due();
      out.set_deadline(event.clue_overdue().deadline());
      break;
    case v1::Event::kClueClosed:
      out.set_result(event.clue_closed().result());
      break;
    default:
      break;
  }
}

}  // namespace

absl::Status CheckWatch(const v1::WatchCluesRequest& request) {
  std::set<std::string> counties;
  for (const std::string& county : request.county_codes()) {
    if (county.size() != 6 || !CountyOfId(county) || !counties.insert(county).second) {
      return absl::InvalidArgumentError("county_codes: six digits each, none twice");
    }
  }
  if (counties.empty()) return absl::InvalidArgumentError("county_codes: at least one");
  const v1::ClueFilter& filter = request.filter();
  for (int size : {request.county_codes_size(), filter.squad_ids_size(), filter.grades_size(),
                   filter.states_size(), filter.sources_size(), filter.route_ids_size()}) {
    if (size > kMostValues) return absl::InvalidArgumentError("filter: at most 100 values in a list");
  }
  return absl::OkStatus();
}

Digest FilterDigest(const v1::WatchCluesRequest& request) {
  const v1::ClueFilter& filter = request.filter();
  std::string text;
  AddSorted(request.county_codes(), text);
  AddSorted(filter.squad_ids(), text);
  AddSorted(filter.grades(), text);
  AddSorted(filter.states(), text);
  AddSorted(filter.sources(), text);
  AddSorted(filter.route_ids(), text);
  return Sha256(text);
}

bool MayAskFor(const FeedCaller& caller, const v1::ClueFilter& filter) {
  if (caller.actor.role != common::v1::ROLE_INSPECTOR && caller.actor.role != common::v1::ROLE_SQUAD_HEAD) {
    return true;
  }
  return std::all_of(filter.squad_ids().begin(), filter.squad_ids().end(), [&](const std::string& squad) {
    return std::any_of(caller.staff.begin(), caller.staff.end(),
                       [&](const auto& staff) { return staff.second.unit == squad; });
  });
}

bool Matches(const v1::ClueFilter& filter, const v1::ClueFacts& clue) {
  return Allows(filter.squad_ids(), clue.squad_id()) && Allows(filter.grades(), clue.grade()) &&
         Allows(filter.states(), clue.state()) && Allows(filter.sources(), clue.source()) &&
         Allows(filter.route_ids(), clue.route_id());
}

bool MaySee(const FeedCaller& caller, const v1::ClueFacts& clue) {
  switch (caller.actor.role) {
    case common::v1::ROLE_COUNTY_MANAGER:
    case common::v1::ROLE_AUDITOR:
      return true;
    case common::v1::ROLE_INSPECTOR:
    case common::v1::ROLE_SQUAD_HEAD: {
      const auto staff = caller.staff.find(clue.county_code());
      if (staff == caller.staff.end()) return clue.squad_id().empty();
      const auto& relatives = staff->second.relatives;
      const bool kin = std::any_of(relatives.begin(), relatives.end(),
                                   [&](const Code& licence) { return licence.view() == clue.licence(); });
      return !kin && (clue.squad_id().empty() || clue.squad_id() == staff->second.unit);
    }
    default:
      return false;
  }
}

bool IsShownInFeeds(const google::protobuf::Message& event) {
  return FactsIn(static_cast<const v1::Event&>(event)) != nullptr;
}

std::vector<v1::ClueFeedEvent> FeedEventsOf(const host::TailRecord& record,
                                            const v1::WatchCluesRequest& request, const FeedCaller& caller) {
  std::vector<v1::ClueFeedEvent> found;
  for (const host::TailRecord::Shown& shown : record.events) {
    const auto& event = static_cast<const v1::Event&>(*shown.event);
    const v1::ClueFacts* facts = FactsIn(event);
    if (facts == nullptr || !MaySee(caller, *facts) || !Matches(request.filter(), *facts) ||
        !Allows(request.county_codes(), facts->county_code())) {
      continue;
    }
    v1::ClueFeedEvent& out = found.emplace_back();
    out.set_journal_id(record.place.journal_id.data(), record.place.journal_id.size());
    out.set_height(record.place.height);
    out.set_index(shown.index);
    *out.mutable_decided_at() = reference::ToWireTime(record.decided_at);
    out.set_change(ChangeOf(event));
    *out.mutable_clue() = *facts;
    FillDetails(event, out);
  }
  return found;
}

std::string TokenText(const v1::ClueFeedToken& token) { return token.SerializeAsString(); }

std::optional<v1::ClueFeedToken> ParseToken(const std::string& bytes, const Digest& filter_digest) {
  v1::ClueFeedToken token;
  if (!token.ParseFromString(bytes) || token.filter_digest() != filter_digest.view()) return std::nullopt;
  return token;
}

}  // namespace sanyuan::three_member_interaction
