// The registry of counties as a Domain: context "registry", keyed by county, reads registry.reference.journal.
// Thread safety: as partition::Domain.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_REGISTRY_DOMAIN_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_REGISTRY_DOMAIN_H_

#include <string_view>

#include "common/partition/domain.h"
#include "services/registry/domain/state.h"

namespace sanyuan::registry {

inline constexpr std::string_view kRegistryContext = "registry";
inline constexpr std::string_view kRegistryJournal = "registry.journal";

class RegistryDomain final : public partition::Domain {
 public:
  state::Store& store() override { return state_; }
  const State& state() const { return state_; }

  partition::EventPtr NewEvent() const override;
  partition::EventPtr NewInputEvent(std::string_view topic) const override;
  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override;
  // The registry sets no timers: what has dates is judged by them when it is used.
  absl::Time NextDue() const override { return absl::InfiniteFuture(); }
  partition::Outcome Fire(const partition::Stamp& stamp) const override;
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override;
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override;

 private:
  State state_;
};

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_REGISTRY_DOMAIN_H_
