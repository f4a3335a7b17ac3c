// Delivery tracking as a partition sees it: commands, timers, inputs and events go to the thing that they are
// about (planning, run, upload, verdict, ...).
// Thread safety: none, as partition::Domain.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DELIVERY_TRACKING_DOMAIN_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DELIVERY_TRACKING_DOMAIN_H_

#include "common/partition/domain.h"
#include "services/delivery_tracking/domain/state.h"

namespace sanyuan::delivery_tracking {

class DeliveryTrackingDomain final : public partition::Domain {
 public:
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

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_DELIVERY_TRACKING_DOMAIN_H_
