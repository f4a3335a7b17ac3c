// The life of an allocation run (R85; invariants 5, 6, 15, 16, 22, 25).
//
//   SCHEDULED   the window closed; its orders are copied page by page, and the run waits until they are complete,
//               the supply is released and, if anything is scarce, the lottery's secret is at hand
//   SNAPSHOT    RunStarted: input, supply and versions are set aside; what changes later is not its business
//   COMPUTED    all pages of the result are written
//   CHECKED     what stands in the pages was computed again from its explanations and holds all invariants
//   PUBLISHED   AllocationPublished names the pages; every line with cartons is an offer now
//   CLOSED      no further compensating run
//
// CHECK_FAILED is computed once more, then HELD. HELD waits for a person. A run that is found in the middle by
// somebody who did not start it is abandoned: its pages are dropped and it starts again, with the same result.
// What of this is in the state is changed by events alone; the computation between is RunWork (run_work.h).
// Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_RUN_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_RUN_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"
#include "services/allocation/domain/tie_key_secret.h"

namespace sanyuan::allocation {

// Recorded with every run. Another way to share out gets another name.
inline constexpr char kAlgorithm[] = "water-filling-1";

Outcome DecideResumeRun(const State& state, const v1::ResumeRunRequest& request, const Stamp& stamp);

// What a run can do next.
struct NextStep {
  enum class Kind {
    kWait,       // For input, supply or a person.
    kCopyInput,  // A compensating run that was just scheduled.
    kStart,      // Set the input aside and compute.
    kAbandon,    // Somebody else's, in the middle.
    kHold,       // With `reason`.
  };
  Kind kind = Kind::kWait;
  Reason reason = common::v1::REASON_UNSPECIFIED;
  std::string detail;
  std::string secret;  // When it starts and needs one, or has one.
};
// For an active run that nobody works on in this process.
NextStep NextStepOf(const State& state, const SecretSource& secrets, const RunKey& key);

// RunStarted, with everything the run is computed from.
void AddStart(const State& state, const RunKey& key, const NextStep& next, Outcome& outcome);
void AddHeld(const RunKey& key, Reason reason, const std::string& detail, Outcome& outcome);

absl::Status Evolve(State& state, const v1::RunScheduled& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunInputPage& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunStarted& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AllocationPage& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunComputed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunChecked& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::AllocationPublished& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunAbandoned& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunCheckFailed& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunHeld& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::RunResumed& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_RUN_H_
