// A small county for tests of three-member interaction: what the registry and delivery tracking would have decided,
// sent as the events of their journals, and its people at work.
//
//   ThreeMemberCounty county;   // Monday 2019-08-05 09:00; policy in force; squads SQ1 (H1 I1 I2 I3), SQ2
//                               // (H2 I4 I5), SQ3 (H3 I6 I7); account manager A1, crew D1; shops ...001 to ...005
//   const std::string clue = county.Report({"A1", common::v1::ROLE_ACCOUNT_MANAGER});
//   county.Accept(clue, tmi::CLUE_GRADE_B);
#ifndef SANYUAN_TESTS_SUPPORT_THREE_MEMBER_COUNTY_H_
#define SANYUAN_TESTS_SUPPORT_THREE_MEMBER_COUNTY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "services/three_member_interaction/domain/three_member_interaction_domain.h"
#include "tests/support/decider.h"

namespace sanyuan::testing {

namespace tmi = sanyuan::three_member_interaction::v1;

inline const partition::Actor kAccountManager{"A1", common::v1::ROLE_ACCOUNT_MANAGER};
inline const partition::Actor kDeliverer{"D1", common::v1::ROLE_DELIVERY_STAFF};
inline const partition::Actor kCountyManager{"M1", common::v1::ROLE_COUNTY_MANAGER};

// Asia/Shanghai: AtTime("2019-08-06 08:05").
absl::Time AtTime(std::string_view text);
// 32 bytes that stand for a photo.
std::string Photo(const std::string& name);
// What a sealed text looks like.
tmi::SealedText Sealed(const std::string& for_whom);
// "REASON field" of each refusal, sorted.
std::vector<std::string> ReasonsOf(const partition::Outcome& outcome);

class ThreeMemberCounty : public Decider<three_member_interaction::ThreeMemberInteractionDomain> {
 public:
  static constexpr char kCode[] = "620121";
  static constexpr County kCounty = 620121;
  static constexpr int32_t kLatitude = 36'736'000;
  static constexpr int32_t kLongitude = 103'260'000;

  explicit ThreeMemberCounty(bool policy = true);

  // What the registry says.
  void PublishPolicy(const std::string& version, void (*change)(registry::v1::InteractionPolicy&) = nullptr,
                     absl::Time effective_from = AtTime("2019-06-01 00:00"));
  // Days off of 2019, "YYYY-MM-DD".
  void PublishDaysOff(std::vector<std::string> days_off, std::vector<std::string> days_worked = {});
  void AddStaff(const std::string& id, common::v1::Role role, const std::string& unit,
                std::vector<std::string> relatives = {});
  void AddShop(const std::string& licence, bool key_shop = false);
  static std::string Shop(int number) { return "62012110000" + std::to_string(number); }
  // What delivery tracking says.
  void Suspect(const std::string& stop, std::vector<delivery_tracking::v1::SuspicionRule> rules,
               std::vector<std::string> related = {}, const std::string& licence = Shop(1));

  static partition::Actor Inspector(const std::string& id) { return {id, common::v1::ROLE_INSPECTOR}; }
  static partition::Actor Head(const std::string& id) { return {id, common::v1::ROLE_SQUAD_HEAD}; }

  template <typename Request>
  Request For(const std::string& clue) const {
    Request request;
    request.set_county_code(kCode);
    request.set_clue_id(clue);
    return request;
  }
  template <typename Request>
  partition::Outcome Call(const partition::Actor& actor, const std::string& method, const Request& request) {
    return Send(actor, "/sanyuan.three_member_interaction.v1." + method, request);
  }

  tmi::ReportClueRequest ReportRequest(const std::string& licence = Shop(1)) const;
  // The id; empty when it was refused.
  std::string Report(const partition::Actor& reporter, tmi::ClueGrade grade = tmi::CLUE_GRADE_B,
                     const std::string& licence = Shop(1));
  partition::Outcome Accept(const std::string& clue, tmi::ClueGrade grade = tmi::CLUE_GRADE_B,
                            const partition::Actor& by = Head("H1"));
  partition::Outcome Return(const std::string& clue, const partition::Actor& by = Head("H1"));
  partition::Outcome Complete(const std::string& clue, const partition::Actor& by = kAccountManager);
  partition::Outcome Duplicate(const std::string& clue, const std::string& of,
                               const partition::Actor& by = Head("H1"));
  partition::Outcome Assign(const std::string& clue, const std::string& squad = "SQ1");
  partition::Outcome Start(const std::string& clue, std::vector<std::string> officers = {"I1", "I2"});
  partition::Outcome Propose(const std::string& clue, tmi::ClueResult result, const std::string& by = "I1",
                             bool evidence = true);
  partition::Outcome Approve(const std::string& clue, tmi::ClueResult result,
                             const partition::Actor& by = Inspector("I2"), bool approved = true);
  partition::Outcome Extend(const std::string& clue, const std::string& head = "H1");
  partition::Outcome Feedback(const std::string& clue, const std::string& by = "I1");
  partition::Outcome Acknowledge(const std::string& clue, const partition::Actor& by = kAccountManager);
  partition::Outcome Object(const std::string& clue, const partition::Actor& by = kAccountManager);
  partition::Outcome SecondCheck(const std::string& clue, const std::string& squad = "SQ2");
  partition::Outcome OpenCase(const std::string& clue, tmi::CaseGround ground,
                              const partition::Actor& by = Head("H1"));

  // Up to there from a report of A1, every step at once and allowed.
  std::string Verifying(tmi::ClueGrade grade = tmi::CLUE_GRADE_B);
  std::string Verified(tmi::ClueResult result, tmi::ClueGrade grade = tmi::CLUE_GRADE_B);
  std::string FedBack(tmi::ClueResult result, tmi::ClueGrade grade = tmi::CLUE_GRADE_B);

  // Tickets: raised by D1 about shop 1 unless said otherwise, owned by A1.
  std::string Raise(tmi::TicketSeverity severity, const partition::Actor& raiser = kDeliverer);
  partition::Outcome Own(const std::string& ticket, const std::string& owner = "A1");
  partition::Outcome Begin(const std::string& ticket, const partition::Actor& owner = kAccountManager);
  partition::Outcome Resolve(const std::string& ticket, const partition::Actor& owner = kAccountManager);
  partition::Outcome NotNeeded(const std::string& ticket, const partition::Actor& owner = kAccountManager);
  partition::Outcome Confirm(const std::string& ticket, const partition::Actor& raiser = kDeliverer);
  partition::Outcome Reopen(const std::string& ticket, const partition::Actor& raiser = kDeliverer);
  // Owned, begun and resolved.
  void Solve(const std::string& ticket);
  void FindImbalance(const std::string& run);
  const tmi::Ticket& ticket(const std::string& id) const;

  const three_member_interaction::State& state() const { return domain().state(); }
  const tmi::Clue& clue(const std::string& id) const;
  std::string text(const std::string& id) const;

  template <typename Event>
  void FromJournal(std::string_view topic, const Event& event) {
    std::vector<partition::EventPtr> events;
    events.push_back(std::make_unique<Event>(event));
    Receive(topic, events);
  }
};

inline std::string Shop(int number) { return ThreeMemberCounty::Shop(number); }

// Business time of a deadline, "2019-08-05 14:30".
std::string When(const google::protobuf::Timestamp& time);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_THREE_MEMBER_COUNTY_H_
