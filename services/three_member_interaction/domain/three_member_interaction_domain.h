// Three-member interaction as a partition sees it: commands, timers, inputs and events go to the thing that they
// are about. Thread safety: none, as partition::Domain.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_THREE_MEMBER_INTERACTION_DOMAIN_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_THREE_MEMBER_INTERACTION_DOMAIN_H_

#include <string_view>
#include <vector>

#include "common/partition/domain.h"
#include "services/three_member_interaction/domain/state.h"

namespace sanyuan::three_member_interaction {

inline constexpr std::string_view kReferenceTopic = "registry.reference.journal";
inline constexpr std::string_view kRegistryTopic = "registry.journal";
inline constexpr std::string_view kDeliveryTopic = "delivery_tracking.journal";

class ThreeMemberInteractionDomain final : public partition::Domain {
 public:
  static std::vector<std::string_view> Inputs() { return {kReferenceTopic, kRegistryTopic, kDeliveryTopic}; }

  state::Store& store() override { return state_; }
  const State& state() const { return state_; }

  partition::EventPtr NewEvent() const override;
  partition::EventPtr NewInputEvent(std::string_view topic) const override;
  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override;
  absl::Time NextDue() const override;
  partition::Outcome Fire(const partition::Stamp& stamp) const override;
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override;
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override;

 private:
  State state_;
};

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_THREE_MEMBER_INTERACTION_DOMAIN_H_
