// Order intake as a partition::Domain: which decision belongs to which RPC, timer and input, and which fold to
// which event. The rules themselves stand one file each beside this one.
// Thread safety: none, as partition::Domain.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_INTAKE_DOMAIN_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_INTAKE_DOMAIN_H_

#include <string_view>
#include <vector>

#include "common/partition/domain.h"
#include "services/order_intake/domain/state.h"

namespace sanyuan::order_intake {

class OrderIntakeDomain final : public partition::Domain {
 public:
  // The journals that order intake reads.
  static std::vector<std::string_view> Inputs();

  state::Store& store() override { return state_; }
  const State& state() const { return state_; }

  partition::EventPtr NewEvent() const override;
  partition::EventPtr NewInputEvent(std::string_view topic) const override;
  // An unknown method is refused with INVALID_FIELD; the edge lets none through.
  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override;
  absl::Time NextDue() const override;
  partition::Outcome Fire(const partition::Stamp& stamp) const override;
  std::vector<uint64_t> PagesOf(const partition::Input& input) const override;
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override;
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override;

 private:
  State state_;
};

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ORDER_INTAKE_DOMAIN_H_
