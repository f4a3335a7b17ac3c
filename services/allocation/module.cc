#include "services/allocation/module.h"

#include <memory>
#include <utility>

#include "services/allocation/domain/allocation_domain.h"
#include "services/allocation/queries.h"
#include "services/allocation/view.h"

namespace sanyuan::allocation {

rpc::Module NewModule(SecretSource secrets) {
  static const State tables;
  static const AllocationView projection(tables);
  rpc::Module module;
  module.contexts.push_back(
      {"allocation",
       {"registry.reference.journal", "registry.journal", "order_intake.journal"},
       false,
       [secrets = std::move(secrets)] { return std::make_unique<AllocationDomain>(secrets); },
       &projection});
  module.queries = AllocationQueries();
  return module;
}

}  // namespace sanyuan::allocation
