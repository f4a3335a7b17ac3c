#include "services/three_member_interaction/module.h"

#include <memory>

#include "services/three_member_interaction/clue_feed.h"
#include "services/three_member_interaction/domain/three_member_interaction_domain.h"
#include "services/three_member_interaction/queries.h"
#include "services/three_member_interaction/view.h"

namespace sanyuan::three_member_interaction {

rpc::Module NewModule() {
  static const ThreeMemberInteractionProjection projection;
  rpc::Module module;
  module.contexts.push_back({"three_member_interaction",
                             {"registry.reference.journal", "registry.journal", "delivery_tracking.journal"},
                             false,
                             [] { return std::make_unique<ThreeMemberInteractionDomain>(); },
                             &projection,
                             &IsShownInFeeds});
  module.queries = ThreeMemberInteractionQueries();
  module.feeds = ThreeMemberInteractionFeeds();
  return module;
}

}  // namespace sanyuan::three_member_interaction
