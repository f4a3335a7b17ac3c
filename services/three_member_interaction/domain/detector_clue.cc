#include "services/three_member_interaction/domain/detector_clue.h"

#include <set>

#include "services/three_member_interaction/domain/clue_intake.h"
#include "services/three_member_interaction/domain/people.h"

namespace sanyuan::three_member_interaction {
namespace {

using delivery_tracking::v1::ProxyReceiptSuspected;
using delivery_tracking::v1::SuspicionRule;

// How urgent a detector thinks it is; who accepts the clue decides.
constexpr v1::ClueGrade kDetectorGrade = v1::CLUE_GRADE_B;

std::vector<std::string> RuleNames(const ProxyReceiptSuspected& suspected) {
  std::vector<std::string> names;
  constexpr std::string_view kPrefix = "SUSPICION_RULE_";
  for (int rule : suspected.rules()) {
    std::string name = delivery_tracking::v1::SuspicionRule_Name(static_cast<SuspicionRule>(rule));
    if (!name.empty()) names.push_back(name.substr(kPrefix.size()));
  }
  return names;
}

partition::EventPtr Supplement(const v1::Clue& clue, const ProxyReceiptSuspected& suspected) {
  auto event = std::make_unique<v1::Event>();
  v1::ClueSupplemented& more = *event->mutable_clue_supplemented();
  for (const std::string& rule : RuleNames(suspected)) {
    if (!Contains(clue.detector_rules(), rule)) more.add_detector_rules(rule);
  }
  for (const std::string& licence : suspected.related_licences()) {
    if (!Contains(clue.related_licences(), licence)) more.add_related_licences(licence);
  }
  if (more.detector_rules().empty() && more.related_licences().empty()) return nullptr;
  *more.mutable_clue() = FactsOf(clue);
  return event;
}

}  // namespace

std::string ReceiptClueId(County county, const std::string& stop_id) {
  return partition::DeriveId(county, "clue.receipt", stop_id);
}

partition::EventPtr OpenDetectorClue(const State& state, const ProxyReceiptSuspected& suspected,
                                     const Stamp& stamp) {
  const auto county =
      suspected.county_code().size() == 6 ? CountyOfId(suspected.county_code()) : std::nullopt;
  if (!county) return nullptr;
  const std::string id = ReceiptClueId(*county, suspected.stop_id());
  if (const v1::Clue* clue = FindThing(state.clues, *county, id)) return Supplement(*clue, suspected);
  const auto rules = RulesFor(state, *county, stamp.decided_at);
  if (!rules) return nullptr;

  v1::Clue clue;
  clue.set_clue_id(id);
  clue.set_county_code(suspected.county_code());
  clue.set_type(v1::CLUE_TYPE_PROXY_RECEIPT);
  clue.set_grade(kDetectorGrade);
  clue.set_source(v1::CLUE_SOURCE_DETECTOR);
  clue.set_licence(suspected.licence());
  clue.set_route_id(suspected.route_id());
  ClueWork work(std::move(clue), *rules, stamp);
  work.Emit(&v1::Event::mutable_clue_reported, v1::CLUE_STATE_REPORTED, [&](v1::ClueReported& reported) {
    *reported.mutable_accept_due() = AcceptDue(*rules, kDetectorGrade, stamp.decided_at);
    reported.set_stop_id(suspected.stop_id());
    for (std::string& rule : RuleNames(suspected)) reported.add_detector_rules(std::move(rule));
    *reported.mutable_related_licences() = suspected.related_licences();
    std::set<std::string> concerned(suspected.crew_staff_ids().begin(), suspected.crew_staff_ids().end());
    if (!suspected.staff_id().empty()) concerned.insert(suspected.staff_id());
    for (const std::string& staff : concerned) reported.add_staff_ids(staff);
  });
  return std::move(work.TakeEvents().front());
}

}  // namespace sanyuan::three_member_interaction
