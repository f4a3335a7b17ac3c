// What the inspectors make of the days before: clues of members, of inspections, of a retailer and of the system's own detectors are
// accepted, assigned, verified by two officers, fed back, objected to, and looked at again by another squad.
// Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_CLUE_DAYS_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_CLUE_DAYS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sanyuan/three_member_interaction/v1/clue.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {

struct ClueFigures {
  int64_t opened = 0, closed = 0, duplicates = 0, of_detectors = 0;
  int64_t found_true = 0, partly = 0, found_false = 0, unverifiable = 0;
  int64_t objections = 0, second_checks = 0;
};

// All clues of the county that are in the state; in any state when it is unspecified.
std::vector<three_member_interaction::v1::Clue> ListedClues(Client& client,
                                                            three_member_interaction::v1::ClueState state);

class ClueDays {
 public:
  // `set_clock` moves the server's clock and the client's.
  ClueDays(Client& client, const Plan& plan, std::function<void(absl::Time)> set_clock);
  ClueFigures Play();

 private:
  using Clue = three_member_interaction::v1::Clue;

  void Report();
  void Accept();
  // One look at each clue in the given state by the squads that they are assigned to.
  void Verify(three_member_interaction::v1::ClueState state, const std::string& round);
  void Feedback();
  void Answer();
  void SecondChecks();
  void Count();
  void After(absl::Duration time);

  Client& client_;
  const Plan& plan_;
  const std::function<void(absl::Time)> set_clock_;
  ClueFigures figures_;
};

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_CLUE_DAYS_H_
