#include "services/registry/module.h"

#include <memory>

#include "services/registry/domain/reference_domain.h"
#include "services/registry/domain/registry_domain.h"
#include "services/registry/forgetting.h"
#include "services/registry/queries.h"
#include "services/registry/view.h"

namespace sanyuan::registry {

rpc::Module NewModule() {
  static const ReferenceProjection reference_projection;
  static const RegistryProjection registry_rows;
  static const ForgettingProjection registry_projection(&registry_rows);
  rpc::Module module;
  module.contexts.push_back({"registry.reference",
                             {},
                             true,
                             [] { return std::make_unique<ReferenceDomain>(); },
                             &reference_projection});
  module.contexts.push_back({"registry",
                             {"registry.reference.journal"},
                             false,
                             [] { return std::make_unique<RegistryDomain>(); },
                             &registry_projection});
  module.queries = ReferenceQueries();
  module.queries.insert(RegistryQueries().begin(), RegistryQueries().end());
  // Whoever is told that somebody is forgotten may rely on it: the key goes with the view.
  module.answered_after_view = {"/sanyuan.registry.v1.OrganisationService/ForgetPerson"};
  return module;
}

}  // namespace sanyuan::registry
