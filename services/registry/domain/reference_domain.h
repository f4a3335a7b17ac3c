// The reference registry as a Domain: context "registry.reference", one partition, county 0, no inputs.
// Thread safety: as partition::Domain.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_REFERENCE_DOMAIN_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_REFERENCE_DOMAIN_H_

#include <string_view>

#include "common/partition/domain.h"
#include "services/registry/domain/reference_state.h"

namespace sanyuan::registry {

inline constexpr std::string_view kReferenceContext = "registry.reference";
inline constexpr std::string_view kReferenceJournal = "registry.reference.journal";

class ReferenceDomain final : public partition::Domain {
 public:
  state::Store& store() override { return state_; }
  const ReferenceState& state() const { return state_; }

  partition::EventPtr NewEvent() const override;
  // Nothing: this context reads no other journal.
  partition::EventPtr NewInputEvent(std::string_view topic) const override;
  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override;
  absl::Time NextDue() const override { return absl::InfiniteFuture(); }
  partition::Outcome Fire(const partition::Stamp& stamp) const override;
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override;
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override;

 private:
  ReferenceState state_;
};

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_REFERENCE_DOMAIN_H_
