// The allocation context as its partitions run it: which method is decided by what, which event is folded by
// what, timers, reactions to registry and order intake, and the steps of allocation runs.
//
// One partition holds many counties. The lottery's secrets come from outside, through SecretSource, and never
// stand in the journal before publication.
// Thread safety: none; one thread at a time.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_ALLOCATION_DOMAIN_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_ALLOCATION_DOMAIN_H_

#include <optional>

#include "common/partition/domain.h"
#include "services/allocation/domain/run_work.h"
#include "services/allocation/domain/state.h"
#include "services/allocation/domain/tie_key_secret.h"

namespace sanyuan::allocation {

class AllocationDomain final : public partition::Domain {
 public:
  explicit AllocationDomain(SecretSource secrets);

  // Topics that this context reads.
  static std::vector<std::string> InputTopics();

  state::Store& store() override { return state_; }
  const State& state() const { return state_; }

  partition::EventPtr NewEvent() const override;
  partition::EventPtr NewInputEvent(std::string_view topic) const override;

  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override;
  absl::Time NextDue() const override;
  partition::Outcome Fire(const partition::Stamp& stamp) const override;
  std::vector<uint64_t> PagesOf(const partition::Input& input) const override;
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override;
  bool HasWork() const override;
  partition::Outcome Step(const partition::Stamp& stamp) override;
  void DropWork() override { work_.reset(); }
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override;

 private:
  std::optional<RunKey> NextRun() const;

  State state_;
  SecretSource secrets_;
  std::optional<RunWork> work_;
};

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_ALLOCATION_DOMAIN_H_
