// One clue at work: the events of a decision are applied to a copy of the clue as they are made, so that the
// second sees what the first did; folding an accepted event does the very same to the state's row.
// Each event about a clue carries what every reader of the feed filters by (ClueFacts), as it is afterwards.
// Pure; one thread at a time.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_H_

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/three_member_interaction/domain/decide.h"

namespace sanyuan::three_member_interaction {

v1::ClueFacts FactsOf(const v1::Clue& clue);
// Of an event about a clue; nullptr of all others.
const v1::ClueFacts* FactsIn(const v1::Event& event);

// What the event does to the clue. REQUIRES: FactsIn(event) is not null.
void ApplyTo(v1::Clue& clue, const v1::Event& event, absl::Time decided_at);
// Into the state: row, texts, index of duplicates, timer.
absl::Status FoldClueEvent(State& state, const v1::Event& event, const Stamp& stamp);

// What comes due next of the clue; nullopt when nothing does.
std::optional<absl::Time> NextDueOf(const v1::Clue& clue);

// The squad's look that is under way: the second from SECOND_CHECK on, before that the first.
const v1::ClueVerification& CurrentLook(const v1::Clue& clue);

// The clue that a request names, with CLUE_UNKNOWN when there is none.
struct OpenedClue {
  std::optional<County> county;
  const v1::Clue* clue = nullptr;
  Refusals refusals;

  // WRONG_STATE unless the clue stands in one of these.
  void Require(std::initializer_list<v1::ClueState> states);
  // FOUR_EYES where the caller is the reporter.
  void RequireOther(const Stamp& stamp);
  // CLUE_UNKNOWN, as of one that is not there, unless the caller reported it.
  void RequireReporter(const Stamp& stamp);
};
OpenedClue OpenClue(const State& state, const std::string& county_code, const std::string& clue_id);

class ClueWork {
 public:
  ClueWork(v1::Clue clue, const Rules& rules, const Stamp& stamp)
      : clue_(std::move(clue)), rules_(rules), stamp_(stamp) {}

  const v1::Clue& clue() const { return clue_; }
  const Rules& rules() const { return rules_; }
  const registry::v1::InteractionPolicy& policy() const { return rules_.policy(); }
  absl::Time now() const { return stamp_.decided_at; }
  const Stamp& stamp() const { return stamp_; }
  Timestamp AfterWorkingDays(int32_t days) const { return rules_.AfterWorkingDays(now(), days); }
  Timestamp AfterHours(int32_t hours) const { return ToWireTime(now() + absl::Hours(hours)); }

  // Makes an event that leaves the clue in `state`; `fill` gets its body, with the facts as they were before.
  template <typename Body, typename Fill>
  void Emit(Body* (v1::Event::*mutable_body)(), v1::ClueState state, Fill fill) {
    auto event = std::make_unique<v1::Event>();
    Body& body = *(event.get()->*mutable_body)();
    *body.mutable_clue() = FactsOf(clue_);
    body.mutable_clue()->set_state(state);
    body.mutable_clue()->set_policy_version(rules_.version->version());
    fill(body);
    ApplyTo(clue_, *event, now());
    events_.push_back(std::move(event));
  }
  std::vector<partition::EventPtr> TakeEvents() { return std::move(events_); }

 private:
  v1::Clue clue_;
  const Rules& rules_;
  const Stamp& stamp_;
  std::vector<partition::EventPtr> events_;
};

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_CLUE_H_
