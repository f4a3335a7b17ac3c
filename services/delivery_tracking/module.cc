#include "services/delivery_tracking/module.h"

#include <memory>

#include "services/delivery_tracking/domain/delivery_tracking_domain.h"
#include "services/delivery_tracking/queries.h"
#include "services/delivery_tracking/view.h"

namespace sanyuan::delivery_tracking {

rpc::Module NewModule() {
  static const DeliveryTrackingProjection projection;
  rpc::Module module;
  module.contexts.push_back({"delivery_tracking",
                             {"registry.reference.journal", "registry.journal", "order_intake.journal"},
                             false,
                             [] { return std::make_unique<DeliveryTrackingDomain>(); },
                             &projection});
  module.queries = DeliveryTrackingQueries();
  return module;
}

}  // namespace sanyuan::delivery_tracking
