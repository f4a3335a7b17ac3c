#include "services/order_intake/module.h"

#include <memory>

#include "services/order_intake/domain/order_intake_domain.h"
#include "services/order_intake/queries.h"
#include "services/order_intake/view.h"

namespace sanyuan::order_intake {

rpc::Module NewModule() {
  static const OrderIntakeProjection projection;
  rpc::Module module;
  module.contexts.push_back({"order_intake",
                             {"registry.reference.journal", "registry.journal", "allocation.journal"},
                             false,
                             [] { return std::make_unique<OrderIntakeDomain>(); },
                             &projection});
  module.queries = OrderIntakeQueries();
  return module;
}

}  // namespace sanyuan::order_intake
