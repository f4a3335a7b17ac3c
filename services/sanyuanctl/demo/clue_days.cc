#include "services/sanyuanctl/demo/clue_days.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "common/clock/business_time.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/members.h"
#include "services/sanyuanctl/demo/people.h"

namespace sanyuan::ctl::demo {
namespace {

namespace tmi = three_member_interaction::v1;

constexpr int kReports = 8;

const Caller kSquadHead{"SH1", "SQUAD_HEAD"};

tmi::ClueResult ResultOf(uint64_t seed, const std::string& round, const std::string& clue_id) {
  const int64_t at = Draw(seed, fmt::format("{} {}", round, clue_id)).Below(100);
  if (at < 55) return tmi::CLUE_RESULT_TRUE;
  if (at < 70) return tmi::CLUE_RESULT_PARTLY;
  if (at < 90) return tmi::CLUE_RESULT_FALSE;
  return tmi::CLUE_RESULT_UNVERIFIABLE;
}

// No squad looks into what one of its officers reported, nor a second time.
std::string SquadFor(size_t number, const tmi::Clue& clue) {
  const std::string reporters = SquadOfOfficer(clue.reporter_id());
  while (SquadOf(number) == reporters || SquadOf(number) == clue.first().squad_id()) ++number;
  return SquadOf(number);
}

template <typename Request>
Request About(const std::string& clue_id) {
  Request request;
  request.set_county_code(kCounty);
  request.set_clue_id(clue_id);
  return request;
}

}  // namespace

std::vector<tmi::Clue> ListedClues(Client& client, tmi::ClueState state) {
  tmi::ListCluesRequest request;
  request.set_county_code(kCounty);
  request.set_state(state);
  request.set_page_size(kPageSize);
  std::vector<tmi::Clue> clues;
  do {
    auto page = client.Call<tmi::ListCluesResponse>(kCountyManager, "", request);
    for (tmi::Clue& clue : *page.mutable_clues()) clues.push_back(std::move(clue));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return clues;
}

ClueDays::ClueDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock)
    : client_(client), plan_(plan), set_clock_(std::move(set_clock)) {}

ClueFigures ClueDays::Play() {
  set_clock_(AtMinute(ParseDate("2019-08-16").value(), 9 * 60));
  Report();
  After(absl::Minutes(30));
  Accept();
  After(absl::Hours(1));
  Verify(tmi::CLUE_STATE_ASSIGNED, "first");
  After(absl::Hours(4));
  Feedback();
  After(absl::Hours(1));
  Answer();
  After(absl::Minutes(30));
  SecondChecks();
  After(absl::Minutes(30));
  Verify(tmi::CLUE_STATE_SECOND_CHECK, "second");
  After(absl::Minutes(30));
  Count();
  return figures_;
}

void ClueDays::After(absl::Duration time) { set_clock_(client_.now() + time); }

void ClueDays::Report() {
  Draw draw(plan_.seed, "clues");
  for (int i = 0; i < kReports; ++i) {
    const Shop& shop = plan_.shops[static_cast<size_t>(draw.Below(static_cast<int64_t>(plan_.shops.size())))];
    tmi::ReportClueRequest request;
    request.set_county_code(kCounty);
    request.set_type(i % 2 == 0 ? tmi::CLUE_TYPE_OFF_CHANNEL : tmi::CLUE_TYPE_PRICE_DUMPING);
    request.set_grade(i == 0 ? tmi::CLUE_GRADE_A : tmi::CLUE_GRADE_B);
    request.set_licence(shop.licence);
    request.add_evidence_sha256(Evidence(std::to_string(i)));
    request.mutable_text()->set_sealed_for(shop.licence);
    request.mutable_text()->set_text(NameOf(plan_.seed, shop.licence) +
                                     (i % 2 == 0 ? "的烟不是从我们这里进的" : "把烟成条转给了别人"));
    Caller reporter{AccountManager(shop.account_manager), "ACCOUNT_MANAGER"};
    if (i % 4 == 2) reporter = {CrewMember(shop.route % kCrews), "DELIVERY_STAFF"};
    if (i % 4 == 3) reporter = RetailerOf(plan_.shops[static_cast<size_t>(shop.number) % plan_.shops.size()]);
    client_.Call<tmi::ReportClueResponse>(reporter, fmt::format("clue {}", i), request);
    if (i != 0) continue;
    // The crew of the route saw the same.
    client_.Call<tmi::ReportClueResponse>({CrewMember(shop.route % kCrews), "DELIVERY_STAFF"}, "the same",
                                          request);
  }
}

void ClueDays::Accept() {
  size_t number = 0;
  std::map<std::pair<std::string, tmi::ClueType>, std::string> known;
  for (const Clue& clue : ListedClues(client_, tmi::CLUE_STATE_REPORTED)) {
    if (clue.source() == tmi::CLUE_SOURCE_DETECTOR) {
      ++figures_.of_detectors;
    } else if (const auto [it, first] = known.try_emplace({clue.licence(), clue.type()}, clue.clue_id());
               !first) {
      auto duplicate = About<tmi::MarkClueDuplicateRequest>(clue.clue_id());
      duplicate.set_duplicate_of(it->second);
      client_.Call<tmi::MarkClueDuplicateResponse>(kSquadHead, clue.clue_id(), duplicate);
      continue;
    }
    auto accept = About<tmi::AcceptClueRequest>(clue.clue_id());
    accept.set_grade(clue.grade());
    client_.Call<tmi::AcceptClueResponse>(kSquadHead, clue.clue_id(), accept);
    auto assign = About<tmi::AssignClueRequest>(clue.clue_id());
    assign.set_squad_id(SquadFor(number++, clue));
    client_.Call<tmi::AssignClueResponse>(kSquadHead, clue.clue_id(), assign);
  }
}

void ClueDays::Verify(tmi::ClueState state, const std::string& round) {
  for (const Clue& clue : ListedClues(client_, state)) {
    const tmi::ClueVerification& look = round == "first" ? clue.first() : clue.second();
    const Caller first = OfficerOf(look.squad_id(), 1), second = OfficerOf(look.squad_id(), 2);
    const std::string name = round + " " + clue.clue_id();
    auto start = About<tmi::StartVerificationRequest>(clue.clue_id());
    start.add_officer_ids(first.id);
    start.add_officer_ids(second.id);
    client_.Call<tmi::StartVerificationResponse>(first, name, start);
    auto propose = About<tmi::ProposeClueResultRequest>(clue.clue_id());
    propose.set_result(ResultOf(plan_.seed, round, clue.clue_id()));
    propose.add_evidence_sha256(Evidence(name));
    propose.mutable_finding()->set_sealed_for(first.id);
    propose.mutable_finding()->set_text(
        fmt::format("{}和{}到店核实", NameOf(plan_.seed, first.id), NameOf(plan_.seed, second.id)));
    client_.Call<tmi::ProposeClueResultResponse>(first, name, propose);
    auto decide = About<tmi::DecideClueResultRequest>(clue.clue_id());
    decide.set_approved(true);
    decide.set_result(propose.result());
    tmi::DecideClueResultResponse none;
    if (!client_.Try(first, name + " alone", decide, &none).Has("FOUR_EYES")) {
      throw Unexpected("an officer approved the own finding of clue " + clue.clue_id());
    }
    client_.Call<tmi::DecideClueResultResponse>(second, name, decide);
  }
}

// Detectors take theirs at once, and a second look ends the clue: only members are told.
void ClueDays::Feedback() {
  for (const Clue& clue : ListedClues(client_, tmi::CLUE_STATE_VERIFIED)) {
    client_.Call<tmi::SendClueFeedbackResponse>(OfficerOf(clue.first().squad_id(), 1), clue.clue_id(),
                                                About<tmi::SendClueFeedbackRequest>(clue.clue_id()));
  }
}

void ClueDays::Answer() {
  for (const Clue& clue : ListedClues(client_, tmi::CLUE_STATE_FEEDBACK_SENT)) {
    if (clue.source() == tmi::CLUE_SOURCE_DETECTOR) continue;
    if (clue.result() == tmi::CLUE_RESULT_FALSE || clue.result() == tmi::CLUE_RESULT_UNVERIFIABLE) {
      client_.Call<tmi::ObjectToClueResultResponse>(CallerOf(clue.reporter_id()), clue.clue_id(),
                                                    About<tmi::ObjectToClueResultRequest>(clue.clue_id()));
      ++figures_.objections;
    } else {
      client_.Call<tmi::AcknowledgeClueFeedbackResponse>(
          CallerOf(clue.reporter_id()), clue.clue_id(),
          About<tmi::AcknowledgeClueFeedbackRequest>(clue.clue_id()));
    }
  }
}

void ClueDays::SecondChecks() {
  for (const tmi::ClueState state : {tmi::CLUE_STATE_OBJECTED, tmi::CLUE_STATE_SECOND_CHECK}) {
    for (const Clue& clue : ListedClues(client_, state)) {
      if (!clue.second().squad_id().empty()) continue;
      auto assign = About<tmi::AssignSecondCheckRequest>(clue.clue_id());
      assign.set_squad_id(SquadFor(static_cast<size_t>(std::stoi(clue.first().squad_id().substr(1))), clue));
      client_.Call<tmi::AssignSecondCheckResponse>(kCountyManager, clue.clue_id(), assign);
      ++figures_.second_checks;
    }
  }
}

void ClueDays::Count() {
  for (const Clue& clue : ListedClues(client_, tmi::CLUE_STATE_UNSPECIFIED)) {
    ++figures_.opened;
    if (clue.state() == tmi::CLUE_STATE_CLOSED) ++figures_.closed;
    if (clue.state() == tmi::CLUE_STATE_DUPLICATE) ++figures_.duplicates;
    switch (clue.result()) {
      case tmi::CLUE_RESULT_TRUE:
        ++figures_.found_true;
        break;
      case tmi::CLUE_RESULT_PARTLY:
        ++figures_.partly;
        break;
      case tmi::CLUE_RESULT_FALSE:
        ++figures_.found_false;
        break;
      case tmi::CLUE_RESULT_UNVERIFIABLE:
        ++figures_.unverifiable;
        break;
      default:
        break;
    }
  }
}

}  // namespace sanyuan::ctl::demo
